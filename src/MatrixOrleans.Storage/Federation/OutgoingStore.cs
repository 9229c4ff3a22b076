using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Federation;

/// <summary>A tenant's queue to one server.</summary>
public readonly record struct Destination(ServerName Tenant, ServerName Server)
{
    internal (string Name, object? Value)[] With(params (string Name, object? Value)[] more) => [("tenant", Tenant.Value), ("server", Server.Value), .. more];
}

/// <summary>An event that waits for a server.</summary>
public sealed record OutgoingEvent(Destination Destination, long Position, long RoomNid, long EventNid);

/// <summary>An ephemeral message that waits for a server.</summary>
/// <param name="Name">One of the same name replaces it while it waits.</param>
/// <param name="Json">The whole EDU.</param>
public sealed record OutgoingEdu(Destination Destination, string Name, long Position, ReadOnlyMemory<byte> Json);

/// <summary>How a server fails.</summary>
public sealed record DestinationFailure(int Failures, long SinceMs, long RetryAtMs);

/// <summary>What was told of the devices of a user of ours.</summary>
/// <param name="StreamId">The number of the last update; 0 before the first.</param>
/// <param name="Digests">By device.</param>
public sealed record DeviceListTold(long StreamId, IReadOnlyDictionary<string, byte[]> Digests);

/// <summary>What waits for other servers (DESIGN 6, "Sending").</summary>
public sealed class OutgoingStore
{
    private const string Mine = "where tenant = @tenant and server = @server";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal OutgoingStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>A stamp of the joined members of a room: it changes whenever somebody comes or goes.</summary>
    public async Task<string> JoinedStamp(long roomNid) =>
        await _source.First(
            """
            select coalesce((select max(pos) from memberships where room_nid = @room and membership = 2), 0) || ':' ||
                coalesce((select max(pos) from memberships where room_nid = @room and membership = 4), 0) || ':' ||
                coalesce((select max(pos) from memberships where room_nid = @room and membership = 5), 0)
            """,
            static reader => reader.String(0),
            ("room", roomNid)).ConfigureAwait(false) ?? "";

    /// <summary>The servers with joined members in a room.</summary>
    public async Task<IReadOnlyList<ServerName>> JoinedServers(long roomNid) => await Servers("room_nid = @room", ("room", roomNid)).ConfigureAwait(false);

    /// <summary>The servers that share a room with a user.</summary>
    public async Task<IReadOnlyList<ServerName>> SharingServers(UserId user) =>
        await Servers("room_nid in (select room_nid from memberships where user_id = @user and membership = 2)", ("user", user.Value)).ConfigureAwait(false);

    /// <summary>To-device messages that one row of the log stands for.</summary>
    public async Task<IReadOnlyList<(UserId User, string DeviceId, string Sender, string Type, ReadOnlyMemory<byte> Json)>> ToDevice(UserId user, long position) =>
        await _source.Query(
            "select user_id, device_id, sender, type, json from to_device where user_id = @user and pos = @pos",
            static reader => (UserId.Parse(reader.String(0)), reader.String(1), reader.String(2), reader.String(3), (ReadOnlyMemory<byte>)reader.Bytes(4)),
            ("user", user.Value),
            ("pos", position)).ConfigureAwait(false);

    /// <summary>Such a message is on its way and waits here no longer; inside a transaction of the caller's.</summary>
    public static async ValueTask TakeToDevice(WriteSession session, UserId user, long position) =>
        await session.Execute("delete from to_device where user_id = @user and pos = @pos", ("user", user.Value), ("pos", position)).ConfigureAwait(false);

    public async Task<DeviceListTold> Told(UserId user) => new(
        await _source.Number("select stream_id from device_list_streams where user_id = @user", ("user", user.Value)).ConfigureAwait(false) ?? 0,
        (await _source.Query(
            "select device_id, digest from device_list_sent where user_id = @user",
            static reader => (Device: reader.String(0), Digest: reader.Bytes(1)),
            ("user", user.Value)).ConfigureAwait(false)).ToDictionary(row => row.Device, row => row.Digest));

    /// <summary>Notes what is told of a user's devices, inside a transaction of the caller's.</summary>
    /// <param name="changed">New digests by device; <c>null</c> for a device that is gone.</param>
    public static async ValueTask Tell(WriteSession session, UserId user, long streamId, IReadOnlyDictionary<string, byte[]?> changed)
    {
        await session.Execute(
            "insert into device_list_streams (user_id, stream_id) values (@user, @stream) on conflict (user_id) do update set stream_id = excluded.stream_id",
            ("user", user.Value),
            ("stream", streamId)).ConfigureAwait(false);
        foreach (var (device, digest) in changed)
        {
            if (digest is null)
            {
                await session.Execute("delete from device_list_sent where user_id = @user and device_id = @device", ("user", user.Value), ("device", device)).ConfigureAwait(false);
            }
            else
            {
                await session.Execute(
                    "insert into device_list_sent (user_id, device_id, digest) values (@user, @device, @digest) on conflict (user_id, device_id) do update set digest = excluded.digest",
                    ("user", user.Value),
                    ("device", device),
                    ("digest", digest)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Queues events and messages, inside a transaction of the caller's.</summary>
    public static async ValueTask Add(WriteSession session, IEnumerable<OutgoingEvent> events, IEnumerable<OutgoingEdu> edus)
    {
        foreach (var e in events)
        {
            await session.Execute(
                "insert into outgoing_events (tenant, server, pos, room_nid, event_nid) values (@tenant, @server, @pos, @room, @event) on conflict do nothing",
                e.Destination.With(("pos", e.Position), ("room", e.RoomNid), ("event", e.EventNid))).ConfigureAwait(false);
        }

        foreach (var edu in edus)
        {
            await session.Execute(
                """
                insert into outgoing_edus (tenant, server, name, pos, json) values (@tenant, @server, @name, @pos, @json)
                on conflict (tenant, server, name) do update set pos = excluded.pos, json = excluded.json
                """,
                edu.Destination.With(("name", edu.Name), ("pos", edu.Position), ("json", edu.Json))).ConfigureAwait(false);
        }
    }

    /// <summary>The oldest events that wait.</summary>
    public async Task<IReadOnlyList<OutgoingEvent>> Events(Destination destination, int limit) =>
        await _source.Query(
            $"select pos, room_nid, event_nid from outgoing_events {Mine} order by pos limit @limit",
            reader => new OutgoingEvent(destination, reader.Number(0), reader.Number(1), reader.Number(2)),
            destination.With(("limit", (long)limit))).ConfigureAwait(false);

    /// <summary>The oldest messages that wait.</summary>
    public async Task<IReadOnlyList<OutgoingEdu>> Edus(Destination destination, int limit) =>
        await _source.Query(
            $"select name, pos, json from outgoing_edus {Mine} order by pos, name limit @limit",
            reader => new OutgoingEdu(destination, reader.String(0), reader.Number(1), reader.Bytes(2)),
            destination.With(("limit", (long)limit))).ConfigureAwait(false);

    public async Task<DestinationFailure?> Failure(Destination destination) =>
        await _source.First(
            $"select failures, failing_since_ms, retry_at_ms from destinations {Mine}",
            static reader => new DestinationFailure((int)reader.Number(0), reader.Number(1), reader.Number(2)),
            destination.With()).ConfigureAwait(false);

    /// <summary>The server took these. A message that was replaced meanwhile stays.</summary>
    public Task Taken(Destination destination, IReadOnlyList<OutgoingEvent> events, IReadOnlyList<OutgoingEdu> edus) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute("delete from destinations " + Mine, destination.With()).ConfigureAwait(false);
            if (events.Count > 0)
            {
                await session.Execute($"delete from outgoing_events {Mine} and pos {{any positions}}", destination.With(("positions", events.Select(e => e.Position).ToArray()))).ConfigureAwait(false);
            }

            foreach (var edu in edus)
            {
                await session.Execute($"delete from outgoing_edus {Mine} and name = @name and pos = @pos", destination.With(("name", edu.Name), ("pos", edu.Position))).ConfigureAwait(false);
            }

            return 0;
        });

    /// <summary>The server failed. What waits is thinned out: of a room with many events only the newest, whose ancestors the server can ask for.</summary>
    /// <param name="keptMax">Events that may wait without being thinned.</param>
    public Task Failed(Destination destination, DestinationFailure failure, int keptMax) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute(
                """
                insert into destinations (tenant, server, failures, failing_since_ms, retry_at_ms) values (@tenant, @server, @failures, @since, @retry)
                on conflict (tenant, server) do update set failures = excluded.failures, failing_since_ms = excluded.failing_since_ms, retry_at_ms = excluded.retry_at_ms
                """,
                destination.With(("failures", (long)failure.Failures), ("since", failure.SinceMs), ("retry", failure.RetryAtMs))).ConfigureAwait(false);
            if (await session.Number($"select count(*) from outgoing_events {Mine}", destination.With()).ConfigureAwait(false) > keptMax)
            {
                await session.Execute(
                    $"""
                    delete from outgoing_events {Mine} and pos not in (
                        select max(newest.pos) from outgoing_events newest where newest.tenant = @tenant and newest.server = @server group by newest.room_nid)
                    """,
                    destination.With()).ConfigureAwait(false);
            }

            return 0;
        });

    /// <summary>Nothing that waits for that server will be sent.</summary>
    public Task Drop(Destination destination) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute("delete from outgoing_events " + Mine, destination.With()).ConfigureAwait(false);
            await session.Execute("delete from destinations " + Mine, destination.With()).ConfigureAwait(false);
            return await session.Execute("delete from outgoing_edus " + Mine, destination.With()).ConfigureAwait(false);
        });

    /// <summary>Queues that hold something and may be tried now.</summary>
    public async Task<IReadOnlyList<Destination>> Due(long nowMs, int limit) =>
        await _source.Query(
            """
            select q.tenant, q.server from (select tenant, server from outgoing_events union select tenant, server from outgoing_edus) q
            left join destinations d on d.tenant = q.tenant and d.server = q.server
            where d.retry_at_ms is null or d.retry_at_ms <= @now limit @limit
            """,
            static reader => new Destination(ServerName.Parse(reader.String(0)), ServerName.Parse(reader.String(1))),
            ("now", nowMs),
            ("limit", (long)limit)).ConfigureAwait(false);

    private async ValueTask<List<ServerName>> Servers(string where, (string, object?) argument)
    {
        var find = _source.Dialect.IsPostgres ? "strpos" : "instr";
        var names = await _source.Query(
            $"select distinct substr(user_id, {find}(user_id, ':') + 1) from memberships where membership = 2 and {where}",
            static reader => reader.String(0),
            argument).ConfigureAwait(false);
        return [.. names.Select(ServerName.Parse)];
    }
}
