using MatrixOrleans.Protocol.Identifiers;
using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Accounts;

/// <summary>Access and refresh tokens; a stateless worker over storage, key 0.</summary>
[Alias("ISessionGrain")]
public interface ISessionGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Looks an access token up. The first look-up after a refresh ends the refresh token that was traded for it
    /// (Client-Server API, "Refreshing access tokens").
    /// </summary>
    /// <param name="tokenHash">SHA-256 of the access token.</param>
    /// <returns><c>null</c> when there is no such token (any more).</returns>
    [Alias("Find")]
    ValueTask<Session?> Find([Immutable] byte[] tokenHash);

    /// <summary>Trades a refresh token for a new pair. The old one stays good until a token of the new pair is used.</summary>
    /// <param name="refreshTokenHash">SHA-256 of the refresh token.</param>
    /// <param name="accessTokenMs">How long the new access token lives, in milliseconds.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_UNKNOWN_TOKEN, M_USER_LOCKED.</exception>
    [Alias("Refresh")]
    ValueTask<OpenedSession> Refresh([Immutable] byte[] refreshTokenHash, long accessTokenMs);

    /// <summary>Opens a session with a token of <see cref="IAccountGrain.MakeLoginToken"/>, which is used up by that.</summary>
    /// <param name="loginTokenHash">SHA-256 of the login token.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN, M_USER_LOCKED.</exception>
    [Alias("LogInWithToken")]
    ValueTask<OpenedSession> LogInWithToken([Immutable] byte[] loginTokenHash, SessionRequest request);

    /// <summary>Keeps when and from where devices were last seen.</summary>
    [Alias("Saw"), OneWay]
    Task Saw([Immutable] IReadOnlyList<DeviceSighting> sightings);
}

/// <summary>A request of a device.</summary>
/// <param name="AtMs">Milliseconds since 1970.</param>
/// <param name="Address">The client's address.</param>
[GenerateSerializer, Immutable, Alias("DeviceSighting")]
public sealed record DeviceSighting(
    [property: Id(0)] UserId User,
    [property: Id(1)] string DeviceId,
    [property: Id(2)] long AtMs,
    [property: Id(3)] string Address,
    [property: Id(4)] string UserAgent);
