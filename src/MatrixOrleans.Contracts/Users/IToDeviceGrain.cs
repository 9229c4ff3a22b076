using MatrixOrleans.Protocol.Identifiers;
using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Users;

/// <summary>Sends a user's messages to devices (Client-Server API, "Send-to-Device messaging"); key: the sender's user id. It remembers nothing.</summary>
[Alias("IToDeviceGrain")]
public interface IToDeviceGrain : IGrainWithStringKey
{
    /// <summary>Stores all the messages in one transaction, together with the client's transaction id: a repeat sends nothing.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_LIMIT_EXCEEDED when the writer's queue is full, M_TOO_LARGE for too many devices.</exception>
    [Alias("Send")]
    ValueTask Send(ToDeviceRequest request);
}

/// <summary>One <c>/sendToDevice</c>.</summary>
[GenerateSerializer, Immutable, Alias("ToDeviceRequest")]
public sealed record ToDeviceRequest
{
    /// <summary>The device that sends; <c>null</c> for a session without one.</summary>
    [Id(0)]
    public required string? DeviceId { get; init; }

    [Id(1)]
    public required string Type { get; init; }

    [Id(2)]
    public required string TxnId { get; init; }

    [Id(3)]
    public required IReadOnlyList<ToDeviceMessage> Messages { get; init; }
}

/// <summary>A message to a device, or to all that a user has.</summary>
/// <param name="DeviceId"><c>*</c> for every device.</param>
/// <param name="Content">A JSON object, UTF-8.</param>
[GenerateSerializer, Immutable, Alias("ToDeviceMessage")]
public sealed record ToDeviceMessage([property: Id(0)] UserId User, [property: Id(1)] string DeviceId, [property: Id(2)] ReadOnlyMemory<byte> Content)
{
    /// <summary>All of the user's devices.</summary>
    public const string EveryDevice = "*";
}
