using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Users;

/// <summary>
/// A device that a user left behind to receive room keys while no other is logged in (MSC3814); key: user id. It remembers nothing. Bodies and
/// answers are JSON, UTF-8.
/// </summary>
[Alias("IDehydratedDeviceGrain")]
public interface IDehydratedDeviceGrain : IGrainWithStringKey
{
    /// <summary>Sets the dehydrated device with its keys; the one before is removed with all that belongs to it.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="Protocol.Errors.MatrixException">M_BAD_JSON, M_MISSING_PARAM, M_INVALID_PARAM for the id of another device.</exception>
    [Alias("Put")]
    ValueTask<string> Put([Immutable] ReadOnlyMemory<byte> body);

    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND: there is none.</exception>
    [Alias("Get")]
    ValueTask<ReadOnlyMemory<byte>> Get();

    /// <returns>The id of the removed device.</returns>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND: there is none.</exception>
    [Alias("Delete")]
    ValueTask<string> Delete();

    /// <summary>Messages that wait for the device, oldest first. They stay until the device is removed: who takes it up may be interrupted.</summary>
    /// <param name="from">Behind which message; what an earlier answer gave as <c>next_batch</c>, or <c>null</c>.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND, M_INVALID_PARAM for a token that is none.</exception>
    [Alias("Events")]
    ValueTask<ReadOnlyMemory<byte>> Events(string deviceId, string? from, int limit);
}
