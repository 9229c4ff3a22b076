using System.Data.Common;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Encryption;

/// <summary>A backup of room keys.</summary>
/// <param name="AuthData">A JSON object.</param>
/// <param name="ETag">Grows with every change of the keys.</param>
public sealed record BackupVersionRow(UserId User, long Version, string Algorithm, ReadOnlyMemory<byte> AuthData, long ETag, long KeyCount, bool IsDeleted);

/// <summary>What came of storing keys.</summary>
/// <param name="Current">The version that takes keys; <c>null</c> when the user has no backup.</param>
/// <param name="Backup">The backup that was named, as it is now; <c>null</c> when there is none.</param>
public sealed record BackupOutcome(long? Current, BackupVersionRow? Backup);

/// <summary>Server-side key backups (Client-Server API, "Server-side key backups"). The versions of a user are counted from 1.</summary>
public sealed class KeyBackupStore
{
    /// <summary>Keys that one statement stores.</summary>
    private const int KeysAtOnce = 1000;

    private const string VersionRow = "select version, algorithm, auth_data, etag, key_count, deleted from backup_versions ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal KeyBackupStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>The newest version that is not deleted; keys are stored there only.</summary>
    public async Task<BackupVersionRow?> Current(UserId user) =>
        await _source.First(VersionRow + "where user_id = @user and deleted = 0 order by version desc limit 1", reader => Map(user, reader), ("user", user.Value)).ConfigureAwait(false);

    /// <summary>A version, even a deleted one.</summary>
    public async Task<BackupVersionRow?> Get(UserId user, long version) =>
        await _source.First(VersionRow + "where user_id = @user and version = @version", reader => Map(user, reader), ("user", user.Value), ("version", version)).ConfigureAwait(false);

    /// <returns>The new version.</returns>
    public Task<long> Create(UserId user, string algorithm, ReadOnlyMemory<byte> authData, long nowMs) =>
        _writer.Execute(async (session, _) =>
        {
            await AccountStore.Lock(session, user).ConfigureAwait(false);
            var version = 1 + (await session.Number("select max(version) from backup_versions where user_id = @user", ("user", user.Value)).ConfigureAwait(false) ?? 0);
            await session.Execute(
                "insert into backup_versions (user_id, version, algorithm, auth_data, created_ms) values (@user, @version, @algorithm, @data, @now)",
                ("user", user.Value),
                ("version", version),
                ("algorithm", algorithm),
                ("data", authData),
                ("now", nowMs)).ConfigureAwait(false);
            return version;
        });

    /// <returns>False when there is no such version, or it is deleted.</returns>
    public Task<bool> SetAuthData(UserId user, long version, ReadOnlyMemory<byte> authData) =>
        _writer.Execute(async (session, _) => await session.Execute(
            "update backup_versions set auth_data = @data where user_id = @user and version = @version and deleted = 0",
            ("data", authData),
            ("user", user.Value),
            ("version", version)).ConfigureAwait(false) > 0);

    /// <summary>Deletes a version with its keys.</summary>
    /// <returns>False when there never was such a version.</returns>
    public Task<bool> Delete(UserId user, long version) =>
        _writer.Execute(async (session, _) =>
        {
            await AccountStore.Lock(session, user).ConfigureAwait(false);
            await session.Execute("delete from backup_keys where user_id = @user and version = @version", ("user", user.Value), ("version", version)).ConfigureAwait(false);
            return await session.Execute(
                "update backup_versions set deleted = 1, key_count = 0 where user_id = @user and version = @version",
                ("user", user.Value),
                ("version", version)).ConfigureAwait(false) > 0;
        });

    /// <summary>Stores keys in the current version. Of two keys of a session the better stays (<see cref="BackupKey"/>).</summary>
    public Task<BackupOutcome> Put(UserId user, long version, IReadOnlyCollection<BackupKey> keys) =>
        _writer.Execute(async (session, _) =>
        {
            await AccountStore.Lock(session, user).ConfigureAwait(false);
            var current = await session.Number("select max(version) from backup_versions where user_id = @user and deleted = 0", ("user", user.Value)).ConfigureAwait(false);
            if (current != version)
            {
                return new BackupOutcome(current, await Live(session, user, version).ConfigureAwait(false));
            }

            var (added, replaced) = (0, 0);
            foreach (var some in keys.Chunk(KeysAtOnce))
            {
                (string, object?)[] arguments = [("user", user.Value), ("version", version), ("keys", Rows(some))];
                var source = session.Dialect.IsPostgres ? "json_array_elements(@keys::json) as e(value)" : "json_each(@keys) as e";
                var insert =
                    $"""
                    insert into backup_keys (user_id, version, room_id, session_id, first_message_index, forwarded_count, is_verified, session_data)
                    select @user, @version, e.value->>'r', e.value->>'s', cast(e.value->>'i' as bigint), cast(e.value->>'f' as bigint), cast(e.value->>'v' as bigint), e.value->>'d'
                    from {source} where true on conflict (user_id, version, room_id, session_id)
                    """;
                added += await session.Execute(insert + " do nothing", arguments).ConfigureAwait(false);
                replaced += await session.Execute(
                    insert + """
                         do update set first_message_index = excluded.first_message_index, forwarded_count = excluded.forwarded_count,
                            is_verified = excluded.is_verified, session_data = excluded.session_data
                        where excluded.is_verified > backup_keys.is_verified
                            or (excluded.is_verified = backup_keys.is_verified and (excluded.first_message_index < backup_keys.first_message_index
                                or (excluded.first_message_index = backup_keys.first_message_index and excluded.forwarded_count < backup_keys.forwarded_count)))
                        """,
                    arguments).ConfigureAwait(false);
            }

            await Changed(session, user, version, added, added + replaced > 0).ConfigureAwait(false);
            return new BackupOutcome(version, await Live(session, user, version).ConfigureAwait(false));
        });

    /// <summary>Keys of a version in the order of rooms and sessions, after a place; of one room or session, or of all.</summary>
    public async Task<IReadOnlyList<BackupKey>> Keys(UserId user, long version, string? room, string? session, (string Room, string Session) after, int limit) =>
        await _source.Query(
            $"""
            select room_id, session_id, first_message_index, forwarded_count, is_verified, session_data from backup_keys
            where user_id = @user and version = @version {Only(room, session)} and (room_id > @afterRoom or (room_id = @afterRoom and session_id > @afterSession))
            order by room_id, session_id limit @limit
            """,
            static reader => new BackupKey(reader.String(0), reader.String(1), reader.Number(2), reader.Number(3), reader.Flag(4), reader.String(5)),
            [("user", user.Value), ("version", version), .. Arguments(room, session), ("afterRoom", after.Room), ("afterSession", after.Session), ("limit", (long)limit)])
            .ConfigureAwait(false);

    /// <summary>Deletes the keys of a version, of a room, or of a session.</summary>
    /// <returns>The backup as it is then; <c>null</c> when there is none.</returns>
    public Task<BackupVersionRow?> DeleteKeys(UserId user, long version, string? room, string? sessionId) =>
        _writer.Execute(async (session, _) =>
        {
            await AccountStore.Lock(session, user).ConfigureAwait(false);
            if (await Live(session, user, version).ConfigureAwait(false) is null)
            {
                return null;
            }

            var removed = await session.Execute(
                $"delete from backup_keys where user_id = @user and version = @version {Only(room, sessionId)}",
                [("user", user.Value), ("version", version), .. Arguments(room, sessionId)]).ConfigureAwait(false);
            await Changed(session, user, version, -removed, removed > 0).ConfigureAwait(false);
            return await Live(session, user, version).ConfigureAwait(false);
        });

    /// <summary>Removes all backups of a user, inside a transaction of the caller's.</summary>
    public static async ValueTask RemoveAll(WriteSession session, UserId user)
    {
        await session.Execute("delete from backup_keys where user_id = @user", ("user", user.Value)).ConfigureAwait(false);
        await session.Execute("delete from backup_versions where user_id = @user", ("user", user.Value)).ConfigureAwait(false);
    }

    private static string Only(string? room, string? session) => (room is null ? "" : "and room_id = @room") + (session is null ? "" : " and session_id = @session");

    private static IEnumerable<(string, object?)> Arguments(string? room, string? session)
    {
        if (room is not null)
        {
            yield return ("room", room);
        }

        if (session is not null)
        {
            yield return ("session", session);
        }
    }

    private static async ValueTask Changed(WriteSession session, UserId user, long version, int more, bool changed)
    {
        if (changed)
        {
            await session.Execute(
                "update backup_versions set etag = etag + 1, key_count = key_count + @more where user_id = @user and version = @version",
                ("more", (long)more),
                ("user", user.Value),
                ("version", version)).ConfigureAwait(false);
        }
    }

    private static async ValueTask<BackupVersionRow?> Live(WriteSession session, UserId user, long version) =>
        await session.First(
            VersionRow + "where user_id = @user and version = @version and deleted = 0",
            reader => Map(user, reader),
            ("user", user.Value),
            ("version", version)).ConfigureAwait(false);

    private static string Rows(BackupKey[] keys) => JsonSerializer.Serialize(keys.Select(key => new
    {
        r = Text.Encode(key.RoomId),
        s = Text.Encode(key.SessionId),
        i = key.FirstMessageIndex,
        f = key.ForwardedCount,
        v = key.IsVerified ? 1 : 0,
        d = key.SessionData,
    }));

    private static BackupVersionRow Map(UserId user, DbDataReader reader) =>
        new(user, reader.Number(0), reader.String(1), reader.Bytes(2), reader.Number(3), reader.Number(4), reader.Flag(5));
}
