namespace MatrixOrleans.Contracts.Accounts;

/// <summary>What an account is allowed.</summary>
[GenerateSerializer, Immutable, Alias("AccountInfo")]
public sealed record AccountInfo
{
    [Id(0)]
    public bool IsAdmin { get; init; }

    [Id(1)]
    public bool IsGuest { get; init; }

    /// <summary>Client-Server API, "Account locking".</summary>
    [Id(2)]
    public bool IsLocked { get; init; }

    /// <summary>Client-Server API, "Account suspension".</summary>
    [Id(3)]
    public bool IsSuspended { get; init; }

    [Id(4)]
    public bool IsDeactivated { get; init; }
}

/// <summary>A device as its owner sees it.</summary>
[GenerateSerializer, Immutable, Alias("DeviceInfo")]
public sealed record DeviceInfo
{
    [Id(0)]
    public required string DeviceId { get; init; }

    [Id(1)]
    public string? DisplayName { get; init; }

    [Id(2)]
    public string? LastSeenIp { get; init; }

    /// <summary>Milliseconds since 1970; some minutes behind.</summary>
    [Id(3)]
    public long? LastSeenMs { get; init; }

    [Id(4)]
    public string? LastSeenAgent { get; init; }
}
