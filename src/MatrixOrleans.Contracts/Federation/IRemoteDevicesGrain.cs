using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>Keys of devices of other servers' users; a stateless worker, key 0.</summary>
[Alias("IRemoteDevicesGrain")]
public interface IRemoteDevicesGrain : IGrainWithIntegerKey
{
    /// <summary>The answer of <c>POST /keys/query</c> for these users; servers that do not answer in time are in <c>failures</c>.</summary>
    [Alias("Query"), ResponseTimeout("00:00:50")]
    ValueTask<ReadOnlyMemory<byte>> Query(UserId asker, [Immutable] IReadOnlyDictionary<UserId, IReadOnlyList<string>> wanted, int timeoutMs);

    /// <summary>The answer of <c>POST /keys/claim</c>.</summary>
    [Alias("Claim"), ResponseTimeout("00:00:50")]
    ValueTask<ReadOnlyMemory<byte>> Claim(UserId asker, [Immutable] IReadOnlyList<OneTimeKeyWanted> wanted, int timeoutMs);
}
