using System.Text.Json;
using BitFaster.Caching.Lru;
using MatrixOrleans.Contracts.ApplicationServices;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.ApplicationServices;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>Finds out what one application service is to be told of, and notes it; the telling is <see cref="AppServiceGrain"/>'s.</summary>
public sealed class AppServiceConsumer(ApplicationService service, Database database, Tail tail, RoomWindows windows, IGrainFactory grains) : ILogConsumer
{
    private const int RoomsMax = 10_000;

    private readonly AppServiceInterest _interest = new(service, database);
    private readonly LoggedEvents _events = new(database, tail, windows);
    private readonly ConcurrentLru<long, RoomRecord> _records = new(RoomsMax);

    public string Name => "app_service:" + service.Id;

    public ConsumerStart Start => ConsumerStart.Head;

    public IReadOnlySet<LogKind> Kinds { get; } = new HashSet<LogKind>
    {
        LogKind.Event, LogKind.StateChange, LogKind.Gap, LogKind.GapFilled, LogKind.Purge, LogKind.Receipt, LogKind.ToDevice, LogKind.DeviceList,
    };

    public async ValueTask<ConsumerEffects> Handle(ConsumerBatch batch, CancellationToken cancel)
    {
        var rows = new List<AppServiceRow>();
        foreach (var room in batch.Rows.Where(row => row.Version is not null).GroupBy(row => row.RoomNid!.Value))
        {
            await OfRoom(room.Key, [.. room], rows);
        }

        foreach (var row in batch.Rows.Where(row => row.Version is null))
        {
            if (await OfUser(row) is { } told)
            {
                rows.Add(told);
            }
        }

        return rows.Count == 0
            ? ConsumerEffects.None
            : ConsumerEffects.Of(
                async (session, _) => await ApplicationServiceStore.Queue(session, rows),
                () => grains.GetGrain<IAppServiceGrain>(service.Id).Wake().Ignore());
    }

    private async ValueTask OfRoom(long roomNid, IReadOnlyList<LogRow> rows, List<AppServiceRow> told)
    {
        var room = await Record(roomNid);
        var events = await _events.Of(roomNid, rows);
        foreach (var row in rows)
        {
            var shown = row.EventNid is { } nid ? events.GetValueOrDefault(nid) : null;
            var isMember = shown?.Pdu.Type == EventTypes.Member;
            var isWanted = await _interest.Wants(row, room.Id, isChange: isMember || shown is null);
            if (shown is not null && (isWanted || service.IsMine(shown.Pdu.Sender) || (isMember && UserId.TryParse(shown.Pdu.StateKey, out var target) && service.IsMine(target))))
            {
                told.Add(new AppServiceRow(service.Id, row.Position, AppServiceRowKind.Event, roomNid, row.EventNid!.Value));
            }
        }
    }

    private async ValueTask<AppServiceRow?> OfUser(LogRow row)
    {
        var user = UserId.Parse(row.UserId!);
        return row.Kind switch
        {
            LogKind.Receipt when service.ReceivesEphemeral => await Receipt(row, user),
            LogKind.ToDevice when service.ReceivesEphemeral && service.IsMine(user) => await ToDevice(row, user),
            LogKind.DeviceList when service.ReceivesDeviceLists && (service.IsMine(user) || await SharesRoom(user)) =>
                new AppServiceRow(service.Id, row.Position, AppServiceRowKind.DeviceList, UserId: user.Value),
            _ => null,
        };
    }

    /// <summary>"Private read receipts MUST only be sent for users matching one of the application service's namespaces."</summary>
    private async ValueTask<AppServiceRow?> Receipt(LogRow row, UserId user)
    {
        var room = await Record(row.RoomNid!.Value);
        if (!await _interest.WantsNow(room.Nid, room.Id))
        {
            return null;
        }

        var receipt = (await database.Receipts.OfUser(room.Nid, user)).FirstOrDefault(receipt => receipt.Position == row.Position);
        if (receipt is null || !ReceiptTypes.IsReceipt(receipt.Type) || (receipt.Type != "m.read" && !service.IsMine(user)))
        {
            // A further one has taken its place, or it is nobody's business.
            return null;
        }

        var entry = new Dictionary<string, object> { ["ts"] = receipt.Ts };
        if (receipt.Thread.Length > 0)
        {
            entry["thread_id"] = receipt.Thread;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["type"] = "m.receipt",
            ["room_id"] = room.Id.Value,
            ["content"] = new Dictionary<string, object>
            {
                [receipt.EventId] = new Dictionary<string, object> { [receipt.Type] = new Dictionary<string, object> { [user.Value] = entry } },
            },
        });
        return new AppServiceRow(service.Id, row.Position, AppServiceRowKind.Ephemeral, room.Nid, Json: json);
    }

    private async ValueTask<AppServiceRow?> ToDevice(LogRow row, UserId user)
    {
        if (await database.ToDevice.At(user, row.Position) is not var (device, message))
        {
            return null;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["type"] = message.Type,
            ["sender"] = message.Sender,
            ["to_user_id"] = user.Value,
            ["to_device_id"] = device,
            ["content"] = JsonElement.Parse(message.Json.Span),
        });
        return new AppServiceRow(service.Id, row.Position, AppServiceRowKind.ToDevice, UserId: user.Value, DeviceId: device, Json: json);
    }

    private async ValueTask<bool> SharesRoom(UserId user)
    {
        foreach (var nid in await database.Memberships.JoinedRooms(user))
        {
            if (await _interest.WantsNow(nid, (await Record(nid)).Id))
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask<RoomRecord> Record(long nid)
    {
        if (!_records.TryGet(nid, out var record))
        {
            record = await database.Rooms.Find(nid) ?? throw new InvalidDataException($"There is no room {nid}");
            _records.AddOrUpdate(nid, record);
        }

        return record;
    }
}
