using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <param name="LastActiveMs">Milliseconds since 1970; <c>null</c> for never.</param>
public sealed record PresenceRow(UserId User, PresenceState Presence, string? StatusMessage, long? LastActiveMs);

/// <summary>Presence as far as it outlives a process: the status text, the time of the last activity, and who was there last.</summary>
public sealed class PresenceStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal PresenceStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<PresenceRow?> Get(UserId user) =>
        await _source.First(
            "select presence, status_msg, last_active_ms from presence where user_id = @user",
            reader => new PresenceRow(user, (PresenceState)reader.Number(0), reader.StringOrNull(1), reader.IsDBNull(2) ? null : reader.Number(2)),
            ("user", user.Value)).ConfigureAwait(false);

    /// <summary>Users that are not offline, after one, in the order of their ids.</summary>
    public async Task<IReadOnlyList<UserId>> Present(string after, int limit) =>
        await _source.Query(
            "select user_id from presence where user_id > @after and presence <> 0 order by user_id limit @limit",
            static reader => UserId.Parse(reader.String(0)),
            ("after", after),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Users in a room that are not offline, those who were active last first.</summary>
    public async Task<IReadOnlyList<UserId>> PresentIn(long roomNid, int limit) =>
        await _source.Query(
            """
            select p.user_id from memberships m join presence p on p.user_id = m.user_id
            where m.room_nid = @room and m.membership = 2 and p.presence <> 0 order by p.last_active_ms desc, p.user_id limit @limit
            """,
            static reader => UserId.Parse(reader.String(0)),
            ("room", roomNid),
            ("limit", (long)limit)).ConfigureAwait(false);

    public Task Put(PresenceRow row) =>
        _writer.Execute((session, _) => session.Execute(
            """
            insert into presence (user_id, presence, status_msg, last_active_ms) values (@user, @presence, @status, @active)
            on conflict (user_id) do update set presence = excluded.presence, status_msg = excluded.status_msg, last_active_ms = excluded.last_active_ms
            """,
            ("user", row.User.Value),
            ("presence", (long)row.Presence),
            ("status", row.StatusMessage),
            ("active", row.LastActiveMs)));
}
