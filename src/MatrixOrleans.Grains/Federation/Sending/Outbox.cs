using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Federation.Devices;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Federation;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Federation;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>
/// Follows the log and queues what other servers must hear: our users' events, receipts, messages to devices and changes of devices. It only queues;
/// <see cref="DestinationGrain"/> sends.
/// </summary>
public sealed class Outbox(Database database, TenantKeys tenants, RoomServers rooms, PresenceTeller presence, IFederationPolicies policies, IGrainFactory grains) : ILogConsumer
{
    public string Name => "federation";

    public ConsumerStart Start => ConsumerStart.Head;

    public IReadOnlySet<LogKind> Kinds { get; } = new HashSet<LogKind> { LogKind.Event, LogKind.Receipt, LogKind.ToDevice, LogKind.DeviceList };

    public async ValueTask<ConsumerEffects> Handle(ConsumerBatch batch, CancellationToken cancel)
    {
        var events = new List<OutgoingEvent>();
        var edus = new List<OutgoingEdu>();
        var taken = new List<(UserId User, long Position)>();
        var told = new List<(UserId User, long StreamId, IReadOnlyDictionary<string, byte[]?> Changed)>();
        foreach (var room in batch.Rows.Where(row => row.Kind is LogKind.Event or LogKind.Receipt && row.RoomNid is not null).GroupBy(row => row.RoomNid!.Value))
        {
            await Room(room.Key, [.. room], events, edus);
        }

        await ToDevice([.. batch.Rows.Where(row => row.Kind == LogKind.ToDevice)], edus, taken);
        foreach (var row in batch.Rows.Where(row => row.Kind == LogKind.DeviceList).GroupBy(row => row.UserId!).Select(rows => rows.Last()))
        {
            await Devices(UserId.Parse(row.UserId!), row.Position, edus, told);
        }

        if (events.Count + edus.Count + taken.Count + told.Count == 0)
        {
            return ConsumerEffects.None;
        }

        return ConsumerEffects.Of(
            async (session, _) =>
            {
                await OutgoingStore.Add(session, events, edus);
                foreach (var (user, position) in taken)
                {
                    await OutgoingStore.TakeToDevice(session, user, position);
                }

                foreach (var (user, stream, changed) in told)
                {
                    await OutgoingStore.Tell(session, user, stream, changed);
                }
            },
            () =>
            {
                foreach (var destination in events.Select(e => e.Destination).Concat(edus.Select(edu => edu.Destination)).Distinct())
                {
                    _ = grains.GetGrain<IDestinationGrain>(IDestinationGrain.Key(destination.Tenant, destination.Server)).Wake();
                }
            });
    }

    private async ValueTask Room(long roomNid, IReadOnlyList<LogRow> rows, List<OutgoingEvent> events, List<OutgoingEdu> edus)
    {
        var others = await rooms.Others(roomNid);
        var stored = (await database.Rooms.EventsByNids(roomNid, [.. rows.Where(row => row.EventNid > 0).Select(row => row.EventNid!.Value).Distinct()])).ToDictionary(e => e.Nid);
        foreach (var row in rows.Where(row => row.Kind == LogKind.Event))
        {
            if (row.EventNid is { } member && stored.TryGetValue(member, out var joined) && joined is { Class: EventClass.Accepted, Type: EventTypes.Member } && Membership(joined) == "join"
                && UserId.TryParse(joined.StateKey, out var user))
            {
                await presence.Joined(roomNid, user);
            }

            if (row.EventNid is not { } nid || !stored.TryGetValue(nid, out var e) || e.Class != EventClass.Accepted || SenderOf(e) is not { } tenant)
            {
                continue;
            }

            foreach (var server in WhoHears(e, others).Where(server => e.RelayedBy is null || UserId.Parse(e.Sender).ServerName != server))
            {
                Queue(tenant, server, destination => events.Add(new OutgoingEvent(destination, row.Position, roomNid, nid)));
            }
        }

        var receipts = rows.Where(row => row.Kind == LogKind.Receipt && IsOurs(row.UserId!)).ToList();
        if (receipts.Count > 0 && others.Count > 0 && await database.Rooms.Find(roomNid) is { } room)
        {
            foreach (var receipt in (await database.Receipts.Since(roomNid, receipts[0].Position - 1, receipts[^1].Position)).Where(receipt => receipt.Type == ReceiptTypes.Read && IsOurs(receipt.UserId)))
            {
                foreach (var server in others)
                {
                    Queue(UserId.Parse(receipt.UserId).ServerName, server, destination => edus.Add(new OutgoingEdu(
                        destination, $"receipt|{roomNid}|{receipt.UserId}|{receipt.Thread}", receipt.Position, Edus.Receipt(room.Id, receipt))));
                }
            }
        }
    }

    /// <summary>The tenant that tells others of an event; <c>null</c> when nobody here does.</summary>
    private ServerName? SenderOf(StoredEvent e) => e.RelayedBy switch
    {
        // Another server tells the room: the one through which ours came in.
        "" => null,

        // One that came in through us: the room hears of it from us.
        { } tenant => ServerName.Parse(tenant),
        null => UserId.TryParse(e.Sender, out var sender) && tenants.IsTenant(sender.ServerName) ? sender.ServerName : null,
    };

    /// <summary>Servers that are in the room, and the server of somebody who was made to leave: it need not be there any more.</summary>
    private IEnumerable<ServerName> WhoHears(StoredEvent e, IReadOnlyList<ServerName> others) =>
        e.Type == EventTypes.Member && UserId.TryParse(e.StateKey, out var target) && !tenants.IsTenant(target.ServerName) && !others.Contains(target.ServerName)
            && Membership(e) is "leave" or "ban"
            ? others.Append(target.ServerName)
            : others;

    private static string? Membership(StoredEvent e) =>
        JsonElement.Parse(e.Json.Span).GetProperty("content"u8).TryGetProperty("membership"u8, out var membership) && membership.ValueKind == JsonValueKind.String ? membership.GetString() : null;

    /// <summary>Messages of one kind from one sender to one server are one message; its id is the first row's place in the log.</summary>
    private async ValueTask ToDevice(IReadOnlyList<LogRow> rows, List<OutgoingEdu> edus, List<(UserId, long)> taken)
    {
        var messages = new List<(long Position, UserId User, string DeviceId, string Sender, string Type, ReadOnlyMemory<byte> Json)>();
        foreach (var row in rows)
        {
            var user = UserId.Parse(row.UserId!);
            if (!tenants.IsTenant(user.ServerName))
            {
                taken.Add((user, row.Position));
                messages.AddRange((await database.Outgoing.ToDevice(user, row.Position)).Select(message => (row.Position, message.User, message.DeviceId, message.Sender, message.Type, message.Json)));
            }
        }

        foreach (var group in messages.GroupBy(message => (message.User.ServerName, message.Sender, message.Type)))
        {
            // One device gets one message of each EDU.
            foreach (var edu in group.GroupBy(message => group.Where(other => (other.User, other.DeviceId) == (message.User, message.DeviceId)).TakeWhile(other => other.Position < message.Position).Count()))
            {
                var first = edu.First();
                var id = $"m{first.Position}";
                Queue(UserId.Parse(first.Sender).ServerName, first.User.ServerName, destination => edus.Add(new OutgoingEdu(
                    destination, $"device|{id}", first.Position, Edus.DirectToDevice(first.Sender, first.Type, id, edu.Select(message => (message.User, message.DeviceId, message.Json))))));
            }
        }
    }

    private async ValueTask Devices(UserId user, long position, List<OutgoingEdu> edus, List<(UserId, long, IReadOnlyDictionary<string, byte[]?>)> told)
    {
        if (!tenants.IsTenant(user.ServerName))
        {
            return;
        }

        var servers = (await database.Outgoing.SharingServers(user)).Where(server => !tenants.IsTenant(server)).ToList();
        var known = await database.Outgoing.Told(user);
        if (servers.Count == 0 && known.StreamId == 0)
        {
            return;
        }

        var list = DeviceListView.Read(user, await grains.GetGrain<IDeviceKeysGrain>(DeviceListView.Asker(user).Value).Query(new Dictionary<UserId, IReadOnlyList<string>> { [user] = [] }));
        var stream = known.StreamId;
        var changed = new Dictionary<string, byte[]?>();
        foreach (var device in list.Devices)
        {
            var digest = SHA256.HashData([.. device.Keys!.Value.Span, 0, .. System.Text.Encoding.UTF8.GetBytes(device.DisplayName ?? "")]);
            if (!known.Digests.TryGetValue(device.DeviceId, out var before) || !before.AsSpan().SequenceEqual(digest))
            {
                changed[device.DeviceId] = digest;
                Tell(++stream, Edus.DeviceListUpdate(user, device.DeviceId, device.DisplayName, device.Keys, stream));
            }
        }

        foreach (var gone in known.Digests.Keys.Where(id => id != DeviceListView.SigningKeys && !list.Devices.Any(device => device.DeviceId == id)))
        {
            changed[gone] = null;
            Tell(++stream, Edus.DeviceListUpdate(user, gone, null, null, stream));
        }

        if (list.MasterKey is not null || list.SelfSigningKey is not null)
        {
            var digest = SHA256.HashData([.. (list.MasterKey ?? default).Span, 0, .. (list.SelfSigningKey ?? default).Span]);
            if (!known.Digests.TryGetValue(DeviceListView.SigningKeys, out var before) || !before.AsSpan().SequenceEqual(digest))
            {
                changed[DeviceListView.SigningKeys] = digest;
                Queue("signing", Edus.SigningKeyUpdate(user, list.MasterKey, list.SelfSigningKey));
            }
        }

        if (changed.Count > 0)
        {
            told.Add((user, stream, changed));
        }

        void Tell(long id, byte[] json) => Queue($"{id}", json);

        void Queue(string name, byte[] json)
        {
            foreach (var server in servers)
            {
                this.Queue(user.ServerName, server, destination => edus.Add(new OutgoingEdu(destination, $"devices|{user}|{name}", position, json)));
            }
        }
    }

    private void Queue(ServerName tenant, ServerName server, Action<Destination> add)
    {
        if (policies.Of(tenant).Permits(server))
        {
            add(new Destination(tenant, server));
        }
    }

    private bool IsOurs(string user) => UserId.TryParse(user, out var id) && tenants.IsTenant(id.ServerName);
}
