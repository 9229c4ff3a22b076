using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Accounts;

/// <summary>Who an access token speaks for.</summary>
[GenerateSerializer, Immutable, Alias("Session")]
public sealed record Session
{
    [Id(0)]
    public required UserId User { get; init; }

    /// <summary>Every token belongs to a device, but those of an administrator's "log in as user".</summary>
    [Id(1)]
    public required string? DeviceId { get; init; }

    [Id(2)]
    public bool IsGuest { get; init; }

    /// <summary>Server administrator of the user's tenant.</summary>
    [Id(3)]
    public bool IsAdmin { get; init; }

    /// <summary>The account may only log out (Client-Server API, "Account locking").</summary>
    [Id(4)]
    public bool IsLocked { get; init; }

    /// <summary>The account may read, leave and log out, but not act (Client-Server API, "Account suspension").</summary>
    [Id(5)]
    public bool IsSuspended { get; init; }

    /// <summary>Milliseconds since 1970 at which the token ends; <c>null</c> for one that does not.</summary>
    [Id(6)]
    public long? ExpiresAtMs { get; init; }

    /// <summary>The token itself ended, but its refresh token may still be used: a soft logout.</summary>
    [Id(7)]
    public bool IsExpired { get; init; }

    /// <summary>The application service that acts as the user (Application Service API, "Identity assertion").</summary>
    [Id(8)]
    public string? AppServiceId { get; init; }

    /// <summary>No rate limit counts its requests.</summary>
    [Id(9)]
    public bool IsUnlimited { get; init; }
}
