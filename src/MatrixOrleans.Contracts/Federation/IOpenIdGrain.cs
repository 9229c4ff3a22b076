using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>Tokens that prove to a third party who somebody is (Client-Server API, "OpenID"); a stateless worker, key 0.</summary>
[Alias("IOpenIdGrain")]
public interface IOpenIdGrain : IGrainWithIntegerKey
{
    /// <summary>Seconds that a token is good for.</summary>
    const int LifetimeSeconds = 3600;

    /// <summary>A new token; good for nothing but to be exchanged for the user's id.</summary>
    [Alias("Issue")]
    ValueTask<string> Issue(UserId user);

    /// <summary>Whose a token is; <c>null</c> when it is unknown or has expired.</summary>
    /// <param name="hash">SHA-256 of the token.</param>
    [Alias("Find")]
    ValueTask<UserId?> Find([Immutable] byte[] hash);
}
