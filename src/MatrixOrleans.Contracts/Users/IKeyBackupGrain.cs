using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Users;

/// <summary>
/// Backups of a user's room keys (Client-Server API, "Server-side key backups"); key: user id. It remembers nothing. Versions are texts of
/// the server's making: one that is no number is unknown.
/// </summary>
[Alias("IKeyBackupGrain")]
public interface IKeyBackupGrain : IGrainWithStringKey
{
    /// <returns>The new version.</returns>
    [Alias("Create")]
    ValueTask<string> Create(string algorithm, [Immutable] ReadOnlyMemory<byte> authData);

    /// <param name="version"><c>null</c> for the current one.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND.</exception>
    [Alias("Get")]
    ValueTask<BackupInfo> Get(string? version);

    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND, M_INVALID_PARAM when the algorithm is another.</exception>
    [Alias("Update")]
    ValueTask Update(string version, string algorithm, [Immutable] ReadOnlyMemory<byte> authData);

    /// <summary>Deletes a backup with its keys; doing it again succeeds.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND: there never was such a version.</exception>
    [Alias("Delete")]
    ValueTask Delete(string version);

    /// <summary>Stores keys; of two keys of a session the better stays.</summary>
    /// <param name="keys">The keys, as JSON: <c>{"rooms":{room:{"sessions":{session:key}}}}</c>.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND, M_WRONG_ROOM_KEYS_VERSION with <c>current_version</c>, M_BAD_JSON.</exception>
    [Alias("PutKeys")]
    ValueTask<BackupState> PutKeys(string version, BackupPlace place, [Immutable] ReadOnlyMemory<byte> keys);

    /// <summary>Some of the keys, in the order of rooms and sessions. Keys of a large backup come in pages.</summary>
    /// <param name="after">The last key of the page before.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND.</exception>
    [Alias("Keys")]
    ValueTask<BackupPage> Keys(string version, BackupPlace place, BackupPlace? after);

    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND.</exception>
    [Alias("DeleteKeys")]
    ValueTask<BackupState> DeleteKeys(string version, BackupPlace place);
}

/// <summary>Which keys of a backup: all, those of a room, or that of a session.</summary>
[GenerateSerializer, Immutable, Alias("BackupPlace")]
public sealed record BackupPlace([property: Id(0)] string? Room, [property: Id(1)] string? Session);

/// <summary>A backup without its keys.</summary>
[GenerateSerializer, Immutable, Alias("BackupInfo")]
public sealed record BackupInfo
{
    [Id(0)]
    public required string Version { get; init; }

    [Id(1)]
    public required string Algorithm { get; init; }

    /// <summary>A JSON object.</summary>
    [Id(2)]
    public required ReadOnlyMemory<byte> AuthData { get; init; }

    [Id(3)]
    public required BackupState State { get; init; }
}

/// <summary>How many keys a backup has, and a mark that changes with them.</summary>
[GenerateSerializer, Immutable, Alias("BackupState")]
public sealed record BackupState([property: Id(0)] string ETag, [property: Id(1)] long Count);

/// <summary>A page of keys.</summary>
/// <param name="IsLast">There are no more.</param>
[GenerateSerializer, Immutable, Alias("BackupPage")]
public sealed record BackupPage([property: Id(0)] IReadOnlyList<BackedUpKey> Keys, [property: Id(1)] bool IsLast);

/// <summary>A key of a backup.</summary>
/// <param name="Json">The key data.</param>
[GenerateSerializer, Immutable, Alias("BackedUpKey")]
public sealed record BackedUpKey([property: Id(0)] string Room, [property: Id(1)] string Session, [property: Id(2)] ReadOnlyMemory<byte> Json);
