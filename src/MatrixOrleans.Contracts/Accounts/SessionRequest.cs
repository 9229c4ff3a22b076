using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Accounts;

/// <summary>The session that somebody who proved who they are wants to have.</summary>
[GenerateSerializer, Immutable, Alias("SessionRequest")]
public sealed record SessionRequest
{
    /// <summary>Longest device id, in characters.</summary>
    public const int DeviceIdCharsMax = 255;

    /// <summary>Longest display name of a device, in characters.</summary>
    public const int DisplayNameCharsMax = 255;

    /// <summary>The device to use or to make; <c>null</c>: one is made up.</summary>
    [Id(0)]
    public string? DeviceId { get; init; }

    /// <summary>Name of the device, if it is a new one.</summary>
    [Id(1)]
    public string? DisplayName { get; init; }

    /// <summary>How long the access token lives, in milliseconds; then there is a refresh token too. <c>null</c>: for ever, without one.</summary>
    [Id(2)]
    public long? AccessTokenMs { get; init; }

    /// <summary>The client's address.</summary>
    [Id(3)]
    public required string Address { get; init; }

    [Id(4)]
    public required string UserAgent { get; init; }
}

/// <summary>A session that was opened or refreshed. The tokens are nowhere kept but with the client.</summary>
[GenerateSerializer, Immutable, Alias("OpenedSession")]
public sealed record OpenedSession
{
    [Id(0)]
    public required UserId User { get; init; }

    [Id(1)]
    public required string DeviceId { get; init; }

    [Id(2)]
    public required string AccessToken { get; init; }

    [Id(3)]
    public string? RefreshToken { get; init; }

    /// <summary>How long the access token lives, in milliseconds; <c>null</c>: for ever.</summary>
    [Id(4)]
    public long? ExpiresInMs { get; init; }
}

/// <summary>A new account.</summary>
[GenerateSerializer, Immutable, Alias("RegisterCommand")]
public sealed record RegisterCommand
{
    /// <summary><c>null</c> for guests and others who log in otherwise.</summary>
    [Id(0)]
    public string? Password { get; init; }

    [Id(1)]
    public bool IsGuest { get; init; }

    [Id(2)]
    public bool IsAdmin { get; init; }

    /// <summary>The registration token whose use this is.</summary>
    [Id(3)]
    public string? RegistrationToken { get; init; }

    /// <summary>The first session; <c>null</c> for none.</summary>
    [Id(4)]
    public SessionRequest? Session { get; init; }

    [Id(5)]
    public string? DisplayName { get; init; }

    /// <summary>The application service that makes the account.</summary>
    [Id(6)]
    public string? AppServiceId { get; init; }
}
