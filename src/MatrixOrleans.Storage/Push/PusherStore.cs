using System.Data.Common;
using System.Security.Cryptography;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Push;

/// <summary>Pushers, and what they have still to tell.</summary>
public sealed class PusherStore
{
    private const string Row = """
        select id, user_id, app_id, pushkey, kind, app_display_name, device_display_name, profile_tag, lang, data, enabled, device_id, set_ms, badge from pushers
        """ + " ";

    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal PusherStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>Counted up by every change of any pusher: what was read at an older count may be outdated.</summary>
    public async Task<long> Version() => await _source.Number("select next_value from numbers where name = 'pushers'").ConfigureAwait(false) ?? 0;

    public async Task<PusherRow?> Get(long id) => await _source.First(Row + "where id = @id", Map, ("id", id)).ConfigureAwait(false);

    public async Task<IReadOnlyList<PusherRow>> OfUser(UserId user) =>
        await _source.Query(Row + "where user_id = @user order by app_id, pushkey", Map, ("user", user.Value)).ConfigureAwait(false);

    /// <summary>The pushers of several users that are switched on.</summary>
    public async Task<IReadOnlyList<PusherRow>> EnabledOf(IReadOnlyCollection<UserId> users) =>
        users.Count == 0
            ? []
            : await _source.Query(
                Row + "where user_id {any users} and enabled = 1",
                Map,
                ("users", users.Select(user => user.Value).ToArray())).ConfigureAwait(false);

    /// <summary>Whether any pusher is switched on.</summary>
    public async Task<bool> Any() => await _source.Number("select 1 from pushers where enabled = 1 limit 1").ConfigureAwait(false) is not null;

    /// <summary>The joined members of a room who have pushers that are switched on.</summary>
    public async Task<IReadOnlyList<PushMember>> InRoom(long roomNid) =>
        await _source.Query(
            """
            select m.user_id, m.display_name, m.pos from memberships m
            where m.room_nid = @room and m.membership = 2 and exists (select 1 from pushers p where p.user_id = m.user_id and p.enabled = 1)
            """,
            static reader => new PushMember(UserId.Parse(reader.String(0)), reader.StringOrNull(1), reader.Number(2)),
            ("room", roomNid)).ConfigureAwait(false);

    /// <summary>Makes a pusher, or changes the user's own with this app id and pushkey.</summary>
    /// <param name="append">Leave those of other users alone; else they end.</param>
    /// <returns>False when the device has ended meanwhile.</returns>
    public Task<bool> Set(PusherRow pusher, bool append) =>
        _writer.Execute(async (session, _) =>
        {
            if (pusher.DeviceId.Length > 0 && !await DeviceStore.Exists(session, pusher.UserId, pusher.DeviceId).ConfigureAwait(false))
            {
                return false;
            }

            await Changed(session).ConfigureAwait(false);
            if (!append)
            {
                await Remove(session, "app_id = @app and pushkey = @key and user_id <> @user", ("app", pusher.AppId), ("key", pusher.PushKey), ("user", pusher.UserId.Value))
                    .ConfigureAwait(false);
            }

            return await session.Execute(
                """
                insert into pushers (id, user_id, app_id, pushkey, kind, app_display_name, device_display_name, profile_tag, lang, data, enabled, device_id, set_ms)
                values (@id, @user, @app, @key, @kind, @appname, @devicename, @tag, @lang, @data, @enabled, @device, @now)
                on conflict (user_id, app_id, pushkey) do update set kind = excluded.kind, app_display_name = excluded.app_display_name,
                    device_display_name = excluded.device_display_name, profile_tag = excluded.profile_tag, lang = excluded.lang, data = excluded.data,
                    enabled = excluded.enabled, device_id = excluded.device_id, set_ms = excluded.set_ms
                """,
                ("id", BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & long.MaxValue),
                ("user", pusher.UserId.Value),
                ("app", pusher.AppId),
                ("key", pusher.PushKey),
                ("kind", pusher.Kind),
                ("appname", pusher.AppDisplayName),
                ("devicename", pusher.DeviceDisplayName),
                ("tag", pusher.ProfileTag),
                ("lang", pusher.Lang),
                ("data", pusher.Data),
                ("enabled", pusher.Enabled ? 1L : 0L),
                ("device", pusher.DeviceId),
                ("now", pusher.SetMs)).ConfigureAwait(false) > 0;
        });

    /// <summary>Removes the user's pusher with this app id and pushkey.</summary>
    public Task Remove(UserId user, string appId, string pushKey) =>
        _writer.Execute(async (session, _) =>
        {
            await Changed(session).ConfigureAwait(false);
            return await Remove(session, "user_id = @user and app_id = @app and pushkey = @key", ("user", user.Value), ("app", appId), ("key", pushKey)).ConfigureAwait(false);
        });

    /// <summary>Removes a pusher that its gateway does not know any more.</summary>
    public Task Remove(long id) =>
        _writer.Execute(async (session, _) =>
        {
            await Changed(session).ConfigureAwait(false);
            return await Remove(session, "id = @id", ("id", id)).ConfigureAwait(false);
        });

    /// <summary>Removes the pushers of devices that end, inside the transaction that ends them.</summary>
    internal static async ValueTask RemoveOfDevices(WriteSession session, UserId user, string[] devices)
    {
        if (await session.Number("select 1 from pushers where user_id = @user limit 1", ("user", user.Value)).ConfigureAwait(false) is not null)
        {
            await Changed(session).ConfigureAwait(false);
            await Remove(session, "user_id = @user and device_id {any ids}", ("user", user.Value), ("ids", devices)).ConfigureAwait(false);
        }
    }

    /// <summary>Adds what pushers are to tell, inside a transaction of the caller's. Of changes of the unread count only the newest counts.</summary>
    public static async ValueTask Queue(WriteSession session, IReadOnlyCollection<PushRow> rows)
    {
        foreach (var row in rows)
        {
            if (row.EventNid == 0)
            {
                await session.Execute("delete from push_queue where pusher_id = @id and event_nid = 0", ("id", row.PusherId)).ConfigureAwait(false);
            }

            await session.Execute(
                "insert into push_queue (pusher_id, pos, room_nid, event_nid, actions) values (@id, @pos, @room, @event, @actions) on conflict do nothing",
                ("id", row.PusherId),
                ("pos", row.Position),
                ("room", row.RoomNid),
                ("event", row.EventNid),
                ("actions", row.Actions)).ConfigureAwait(false);
        }
    }

    /// <summary>What a pusher has to tell, the oldest first.</summary>
    public async Task<IReadOnlyList<PushRow>> Queued(long pusherId, int limit) =>
        await _source.Query(
            "select pusher_id, pos, room_nid, event_nid, actions from push_queue where pusher_id = @id order by pos limit @limit",
            static reader => new PushRow(reader.Number(0), reader.Number(1), reader.Number(2), reader.Number(3), reader.String(4)),
            ("id", pusherId),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Pushers with something to tell, after one, in the order of their ids.</summary>
    public async Task<IReadOnlyList<long>> Owing(long afterId, int limit) =>
        await _source.Query(
            "select distinct pusher_id from push_queue where pusher_id > @after order by pusher_id limit @limit",
            static reader => reader.Number(0),
            ("after", afterId),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>It was told, or need not be any more.</summary>
    /// <param name="badge">The unread count that was told with it; null: none was.</param>
    public Task Done(PushRow row, long? badge) =>
        _writer.Execute(async (session, _) =>
        {
            if (badge is not null)
            {
                await session.Execute("update pushers set badge = @badge where id = @id", ("badge", badge), ("id", row.PusherId)).ConfigureAwait(false);
            }

            return await session.Execute("delete from push_queue where pusher_id = @id and pos = @pos", ("id", row.PusherId), ("pos", row.Position)).ConfigureAwait(false);
        });

    /// <summary>Gives up all but the newest of what a pusher has to tell.</summary>
    public Task Trim(long pusherId, int keep) =>
        _writer.Execute((session, _) => session.Execute(
            """
            delete from push_queue where pusher_id = @id and pos <= (
                select pos from push_queue where pusher_id = @id order by pos desc limit 1 offset @keep)
            """,
            ("id", pusherId),
            ("keep", (long)keep)));

    private static async ValueTask Changed(WriteSession session) =>
        await session.Execute("update numbers set next_value = next_value + 1 where name = 'pushers'").ConfigureAwait(false);

    private static async ValueTask<int> Remove(WriteSession session, string which, params (string, object?)[] arguments)
    {
        await session.Execute($"delete from push_queue where pusher_id in (select id from pushers where {which})", arguments).ConfigureAwait(false);
        return await session.Execute($"delete from pushers where {which}", arguments).ConfigureAwait(false);
    }

    private static PusherRow Map(DbDataReader reader) => new(
        reader.Number(0),
        UserId.Parse(reader.String(1)),
        reader.String(2),
        reader.String(3),
        reader.String(4),
        reader.String(5),
        reader.String(6),
        reader.StringOrNull(7),
        reader.String(8),
        reader.Bytes(9),
        reader.Flag(10),
        reader.String(11),
        reader.Number(12),
        reader.NumberOrNull(13));
}
