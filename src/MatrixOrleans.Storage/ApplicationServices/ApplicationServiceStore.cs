using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.ApplicationServices;

/// <summary>What a row of the queue is about (the numbers are stored).</summary>
public enum AppServiceRowKind : short
{
    Event = 1,

    /// <summary>A receipt, in the client format.</summary>
    Ephemeral = 2,

    /// <summary>A message to a device, in the format of transactions.</summary>
    ToDevice = 3,

    /// <summary>The devices of a user changed.</summary>
    DeviceList = 4,
}

/// <summary>Something that an application service is to be told.</summary>
public sealed record AppServiceRow(
    string Service, long Position, AppServiceRowKind Kind, long RoomNid = 0, long EventNid = 0, string? UserId = null, string? DeviceId = null, ReadOnlyMemory<byte>? Json = null);

/// <summary>A transaction on its way; the body never changes.</summary>
public sealed record AppServiceTxn(long Id, ReadOnlyMemory<byte> Body);

/// <summary>The queues of application services, and the rooms of their networks.</summary>
public sealed class ApplicationServiceStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal ApplicationServiceStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>Adds rows, inside a transaction of the caller's.</summary>
    public static async ValueTask Queue(WriteSession session, IReadOnlyCollection<AppServiceRow> rows)
    {
        foreach (var row in rows)
        {
            await session.Execute(
                """
                insert into app_service_queue (service, pos, kind, room_nid, event_nid, user_id, device_id, json)
                values (@service, @pos, @kind, @room, @event, @user, @device, @json) on conflict do nothing
                """,
                ("service", row.Service),
                ("pos", row.Position),
                ("kind", (long)row.Kind),
                ("room", row.RoomNid),
                ("event", row.EventNid),
                ("user", row.UserId),
                ("device", row.DeviceId),
                ("json", row.Json)).ConfigureAwait(false);
        }
    }

    /// <summary>What waits, in the order of the log.</summary>
    public async Task<IReadOnlyList<AppServiceRow>> Queued(string service, int limit) =>
        await _source.Query(
            "select service, pos, kind, room_nid, event_nid, user_id, device_id, json from app_service_queue where service = @service order by pos limit @limit",
            Map,
            ("service", service),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Services that have something waiting or on its way.</summary>
    public async Task<IReadOnlyList<string>> Owing() =>
        await _source.Query("select service from app_service_queue union select service from app_service_txns", static reader => reader.String(0)).ConfigureAwait(false);

    /// <summary>The transaction that is on its way; null when there is none.</summary>
    public async Task<AppServiceTxn?> Pending(string service) =>
        await _source.First(
            "select txn_id, body from app_service_txns where service = @service order by txn_id limit 1",
            static reader => new AppServiceTxn(reader.Number(0), reader.Bytes(1)),
            ("service", service)).ConfigureAwait(false);

    /// <summary>Turns rows into a transaction. Messages to devices end in it: nobody else fetches them.</summary>
    /// <param name="nowMs">Ids go up, and are not given again when the database is made anew.</param>
    public Task<AppServiceTxn> Begin(string service, IReadOnlyList<AppServiceRow> rows, ReadOnlyMemory<byte> body, long nowMs) =>
        _writer.Execute(async (session, _) =>
        {
            var id = await session.Number(
                """
                insert into app_service_counters (service, last_txn) values (@service, @now)
                on conflict (service) do update set last_txn = app_service_counters.last_txn + 1 returning last_txn
                """,
                ("service", service),
                ("now", nowMs)).ConfigureAwait(false) ?? throw new InvalidOperationException("A counter gave no number");
            await session.Execute(
                "insert into app_service_txns (service, txn_id, body) values (@service, @id, @body)", ("service", service), ("id", id), ("body", body)).ConfigureAwait(false);
            if (rows.Count > 0)
            {
                await session.Execute(
                    "delete from app_service_queue where service = @service and pos {any positions}",
                    ("service", service),
                    ("positions", rows.Select(row => row.Position).ToArray())).ConfigureAwait(false);
            }

            foreach (var row in rows.Where(row => row.Kind == AppServiceRowKind.ToDevice))
            {
                await session.Execute(
                    "delete from to_device where user_id = @user and device_id = @device and pos = @pos",
                    ("user", row.UserId),
                    ("device", row.DeviceId),
                    ("pos", row.Position)).ConfigureAwait(false);
            }

            return new AppServiceTxn(id, body);
        });

    /// <summary>The service has taken the transaction.</summary>
    public Task Done(string service, long id) =>
        _writer.Execute((session, _) => session.Execute("delete from app_service_txns where service = @service and txn_id = @id", ("service", service), ("id", id)));

    /// <summary>Publishes a room for a network, or takes it back.</summary>
    public Task SetNetworkRoom(ServerName tenant, RoomId room, string service, string network, bool isPublic) =>
        _writer.Execute((session, _) => session.Execute(
            isPublic
                ? "insert into network_rooms (tenant, room_id, service, network) values (@tenant, @room, @service, @network) on conflict do nothing"
                : "delete from network_rooms where tenant = @tenant and room_id = @room and service = @service and network = @network",
            ("tenant", tenant.Value),
            ("room", room.Value),
            ("service", service),
            ("network", network)));

    /// <summary>Rooms of one network, or of all.</summary>
    public async Task<IReadOnlyList<RoomId>> NetworkRooms(ServerName tenant, (string Service, string Network)? network) =>
        await _source.Query(
            "select distinct room_id from network_rooms where tenant = @tenant" + (network is null ? "" : " and service = @service and network = @network"),
            static reader => RoomId.Parse(reader.String(0)),
            network is { } one ? [("tenant", tenant.Value), ("service", one.Service), ("network", one.Network)] : [("tenant", tenant.Value)]).ConfigureAwait(false);

    private static AppServiceRow Map(DbDataReader reader) => new(
        reader.String(0),
        reader.Number(1),
        (AppServiceRowKind)reader.Number(2),
        reader.Number(3),
        reader.Number(4),
        reader.StringOrNull(5),
        reader.StringOrNull(6),
        reader.BytesOrNull(7) is { } json ? (ReadOnlyMemory<byte>?)json : null);
}
