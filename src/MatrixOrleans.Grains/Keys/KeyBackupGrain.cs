using System.Globalization;
using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Encryption;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Keys;

/// <summary>Key backups of a user. It remembers nothing, and each change is one transaction, so calls may interleave.</summary>
[Reentrant, CollectionAgeLimit(Minutes = 2)]
public sealed class KeyBackupGrain(Database database, TimeProvider time) : Grain, IKeyBackupGrain
{
    /// <summary>Keys of one page.</summary>
    private const int PageKeys = 500;

    private UserId User => UserId.Parse(this.GetPrimaryKeyString());

    public async ValueTask<string> Create(string algorithm, ReadOnlyMemory<byte> authData) =>
        Text(await database.KeyBackups.Create(User, algorithm, authData, time.GetUtcNow().ToUnixTimeMilliseconds()));

    public async ValueTask<BackupInfo> Get(string? version)
    {
        var backup = version is null ? await database.KeyBackups.Current(User) : await Live(version);
        return backup is null
            ? throw NotFound()
            : new BackupInfo { Version = Text(backup.Version), Algorithm = backup.Algorithm, AuthData = backup.AuthData, State = State(backup) };
    }

    public async ValueTask Update(string version, string algorithm, ReadOnlyMemory<byte> authData)
    {
        var backup = await Live(version);
        if (backup.Algorithm != algorithm)
        {
            throw new MatrixException(MatrixError.InvalidParam, "The algorithm of a backup stays");
        }

        if (!await database.KeyBackups.SetAuthData(User, backup.Version, authData))
        {
            throw NotFound();
        }
    }

    public async ValueTask Delete(string version)
    {
        if (!await database.KeyBackups.Delete(User, Number(version)))
        {
            throw NotFound();
        }
    }

    public async ValueTask<BackupState> PutKeys(string version, BackupPlace place, ReadOnlyMemory<byte> keys)
    {
        var body = JsonElement.Parse(keys.Span);
        var read = place switch
        {
            { Room: { } room, Session: { } session } => [BackupKey.Read(room, session, body)],
            { Room: { } room } => BackupKey.ReadRoom(room, body),
            _ => BackupKey.ReadRooms(body),
        };
        var outcome = await database.KeyBackups.Put(User, Number(version), read);
        if (outcome.Backup is not { } backup)
        {
            throw NotFound();
        }

        return outcome.Current == backup.Version
            ? State(backup)
            : throw new MatrixException(MatrixError.WrongRoomKeysVersion, "Only the current backup takes keys")
            {
                ExtraJson = $$"""{"current_version":"{{Text(outcome.Current ?? 0)}}"}""",
            };
    }

    public async ValueTask<BackupPage> Keys(string version, BackupPlace place, BackupPlace? after)
    {
        var backup = await Live(version);
        var keys = await database.KeyBackups.Keys(User, backup.Version, place.Room, place.Session, (after?.Room ?? "", after?.Session ?? ""), PageKeys);
        return new BackupPage([.. keys.Select(key => new BackedUpKey(key.RoomId, key.SessionId, Json(key)))], keys.Count < PageKeys);
    }

    public async ValueTask<BackupState> DeleteKeys(string version, BackupPlace place) =>
        State(await database.KeyBackups.DeleteKeys(User, Number(version), place.Room, place.Session) ?? throw NotFound());

    private async ValueTask<BackupVersionRow> Live(string version) =>
        await database.KeyBackups.Get(User, Number(version)) is { IsDeleted: false } backup ? backup : throw NotFound();

    private static ReadOnlyMemory<byte> Json(BackupKey key)
    {
        var buffer = new ByteBuffer(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            key.Write(writer);
        }

        return buffer.WrittenMemory;
    }

    private static BackupState State(BackupVersionRow backup) => new(Text(backup.ETag), backup.KeyCount);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long Number(string version) =>
        long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw NotFound();

    private static MatrixException NotFound() => new(MatrixError.NotFound, "There is no such backup");
}
