using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;

namespace MatrixOrleans.Grains.Federation;

/// <summary>The verify keys of all servers, ours and others', fetched when they are needed (Server-Server API, "Retrieving server keys").</summary>
public interface IKeyRing
{
    /// <summary>A server's verify key.</summary>
    /// <param name="asker">The tenant in whose name keys are fetched.</param>
    /// <param name="keyId">e.g. <c>ed25519:a1</c>.</param>
    /// <param name="validAtMs">
    /// The key must be valid at that time, in milliseconds since 1970: before the <c>valid_until_ts</c> of a current key, and a week from now at most; before the <c>expired_ts</c> of
    /// an old one. <c>null</c>: any key that the server ever had (events of room versions without the rule).
    /// </param>
    /// <returns><c>null</c> when nobody has that key, or it was not valid then.</returns>
    ValueTask<VerifyKey?> Find(ServerName asker, ServerName server, string keyId, long? validAtMs, CancellationToken cancel = default);

    /// <summary>Whether the event has all signatures that it needs (<see cref="EventSignature.RequiredServers"/>), keys valid as the room version wants it.</summary>
    /// <returns><c>null</c> when it has, else the reason, for the log and for the answer.</returns>
    ValueTask<string?> Verify(ServerName asker, Pdu pdu, CancellationToken cancel = default);

    /// <summary>Whether an object that is no event carries a good signature of that server.</summary>
    /// <param name="validAtMs">As in <see cref="Find"/>.</param>
    ValueTask<bool> Verify(ServerName asker, ServerName signer, ReadOnlyMemory<byte> json, long? validAtMs, CancellationToken cancel = default);
}
