using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync;
using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Users;

/// <summary>
/// Keys for end-to-end encryption as one local user uploads and asks for them (Client-Server API, "End-to-End Encryption"); key: user id.
/// It remembers nothing. Bodies and answers are JSON, UTF-8; all refusals are <see cref="Protocol.Errors.MatrixException"/>.
/// </summary>
[Alias("IDeviceKeysGrain")]
public interface IDeviceKeysGrain : IGrainWithStringKey
{
    /// <summary><c>POST /keys/upload</c>: all of it or nothing.</summary>
    /// <returns>The answer's body.</returns>
    /// <exception cref="Protocol.Errors.MatrixException">M_BAD_JSON, or M_INVALID_PARAM for a one-time key's id that is in use for another key.</exception>
    [Alias("Upload")]
    ValueTask<ReadOnlyMemory<byte>> Upload(string deviceId, [Immutable] ReadOnlyMemory<byte> body);

    /// <summary>The answer of <c>POST /keys/query</c>. Users without keys are left out.</summary>
    /// <param name="wanted">Device ids by user; none for all that a user has.</param>
    [Alias("Query")]
    ValueTask<ReadOnlyMemory<byte>> Query([Immutable] IReadOnlyDictionary<UserId, IReadOnlyList<string>> wanted);

    /// <summary>The answer of <c>POST /keys/claim</c>. Devices without keys are left out.</summary>
    [Alias("Claim")]
    ValueTask<ReadOnlyMemory<byte>> Claim([Immutable] IReadOnlyList<OneTimeKeyWanted> wanted);

    /// <summary>The answer of <c>GET /keys/changes</c>: whose devices changed between two syncs, and whose need not be followed any more.</summary>
    /// <param name="to"><c>null</c>: until now.</param>
    [Alias("Changes")]
    ValueTask<ReadOnlyMemory<byte>> Changes(SyncToken from, SyncToken? to);
}

/// <summary>A one-time key is wanted.</summary>
[GenerateSerializer, Immutable, Alias("OneTimeKeyWanted")]
public sealed record OneTimeKeyWanted([property: Id(0)] UserId User, [property: Id(1)] string DeviceId, [property: Id(2)] string Algorithm);
