using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Users;

/// <summary>A local user's cross-signing keys, and the signatures that the user gives (Client-Server API, "Cross-signing"); key: user id. It remembers nothing.</summary>
[Alias("ICrossSigningGrain")]
public interface ICrossSigningGrain : IGrainWithStringKey
{
    /// <summary><c>POST /keys/device_signing/upload</c>: all of it or nothing. Keys that are there already change nothing.</summary>
    /// <param name="isConfirmed">The user has confirmed by user-interactive authentication that keys may be replaced.</param>
    /// <returns>False: nothing was done, because this takes the user's confirmation.</returns>
    /// <exception cref="Protocol.Errors.MatrixException">M_BAD_JSON, M_INVALID_PARAM, M_MISSING_PARAM without a master key, M_INVALID_SIGNATURE, M_FORBIDDEN for a key that is a device's id.</exception>
    [Alias("UploadKeys")]
    ValueTask<bool> UploadKeys([Immutable] ReadOnlyMemory<byte> body, bool isConfirmed);

    /// <summary><c>POST /keys/signatures/upload</c>: keeps those signatures that are good.</summary>
    /// <returns>The answer's body: what was refused and why.</returns>
    /// <exception cref="Protocol.Errors.MatrixException">M_BAD_JSON.</exception>
    [Alias("UploadSignatures")]
    ValueTask<ReadOnlyMemory<byte>> UploadSignatures([Immutable] ReadOnlyMemory<byte> body);
}
