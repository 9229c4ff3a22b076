using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Accounts;

/// <summary>Looks up access tokens; a stateless worker, key 0.</summary>
[Alias("ISessionGrain")]
public interface ISessionGrain : IGrainWithIntegerKey
{
    /// <param name="tokenHash">SHA-256 of the access token.</param>
    /// <returns><c>null</c> when there is no such token (any more).</returns>
    [Alias("Find")]
    ValueTask<Session?> Find([Immutable] byte[] tokenHash);
}
