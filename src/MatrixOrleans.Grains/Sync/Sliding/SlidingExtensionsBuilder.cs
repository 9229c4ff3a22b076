using System.Text.Json;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>What the extensions of a sliding sync say beside the rooms (MSC3884, 3885, 3959, 3960, 3961).</summary>
/// <param name="sections">Of this answer, by room.</param>
internal sealed class SlidingExtensionsBuilder(
    SlidingContext context, Dictionary<long, MatchedRoom> matched, HashSet<long> touched, Dictionary<long, MembershipMove> moves, IReadOnlyDictionary<long, SlidingSection> sections)
{
    private readonly SlidingExtensions _wanted = context.Body.Extensions;
    private readonly SlidingState _told = context.Told;
    private readonly Dictionary<RoomId, List<(string Type, ReadOnlyMemory<byte> Json)>> _roomData = [];
    private readonly Dictionary<RoomId, ReadOnlyMemory<byte>> _receipts = [];
    private readonly Dictionary<RoomId, ReadOnlyMemory<byte>> _typing = [];
    private UserRowsOfSync _rows = new(SyncFilter.Default);
    private (IReadOnlyList<ToDeviceRow> Messages, long Position) _toDevice = ([], 0);
    private DeviceListMoves _deviceLists = DeviceListMoves.None;
    private bool _keysChanged;
    private ThreadChanges _threads = ThreadChanges.None;

    public bool IsEmpty => _roomData.Count + _receipts.Count + _typing.Count + _rows.Global.Count + _toDevice.Messages.Count == 0 && _deviceLists.IsEmpty && !_keysChanged && _threads.IsEmpty;

    /// <param name="changed">What the connection knows of rooms, to be brought forward.</param>
    /// <returns>What the connection knows besides.</returns>
    public async Task<SlidingState> Build(long typingVersion, Dictionary<long, RoomTold> changed)
    {
        var after = _told;
        if (_wanted.ToDevice is { } toDevice)
        {
            await ToDevice(toDevice);
        }

        if (_wanted.E2ee && !_told.IsNew)
        {
            _deviceLists = await new DeviceLists(context.Sync.User, context.Database, context.Tail).Since(context.Rooms, moves, context.After, context.Upto);
            _keysChanged = KeysChanged();
        }

        if (_wanted.AccountData is { } accountData)
        {
            await AccountData(accountData, changed);
            after = after with { AccountDataUpto = RoomTold.Live };
        }
        else if (after.AccountDataUpto == RoomTold.Live)
        {
            after = after with { AccountDataUpto = context.After };
        }

        if (_wanted.ThreadSubscriptions is { } limit)
        {
            var from = RoomTold.From(_told.ThreadsUpto, context.After);
            var isQuiet = from >= context.Tail.Start && from >= 0
                && !context.Tail.UserEntries(context.Sync.User.Value, from, context.Upto).Exists(entry => entry.Item is ThreadSubscriptionSet);
            _threads = isQuiet ? ThreadChanges.None : await ThreadChanges.Read(context.Database, context.Sync.User, from, context.Upto, limit);
            after = after with { ThreadsUpto = RoomTold.Live };
        }
        else if (after.ThreadsUpto == RoomTold.Live)
        {
            after = after with { ThreadsUpto = context.After };
        }

        await Receipts(_wanted.Receipts, changed);
        if (_wanted.Typing is { } typing && typingVersion > 0)
        {
            Typing(typing);
        }

        return after;
    }

    public void Write(Utf8JsonWriter writer)
    {
        if (_wanted.ToDevice is not null)
        {
            writer.WriteStartObject("to_device"u8);
            writer.WriteString("next_batch"u8, ExtensionToken.Text(_toDevice.Position));
            SyncWriter.ToDeviceEvents(writer, _toDevice.Messages);
            writer.WriteEndObject();
        }

        if (_wanted.E2ee)
        {
            writer.WriteStartObject("e2ee"u8);
            if (!_deviceLists.IsEmpty)
            {
                writer.WriteStartObject("device_lists"u8);
                SyncWriter.DeviceListMembers(writer, _deviceLists);
                writer.WriteEndObject();
            }

            SyncWriter.KeyCountMembers(writer, context.Keys);
            writer.WriteEndObject();
        }

        if (_rows.Global.Count + _roomData.Count > 0)
        {
            writer.WriteStartObject("account_data"u8);
            if (_rows.Global.Count > 0)
            {
                writer.WriteStartArray("global"u8);
                SyncWriter.AccountDataEvents(writer, _rows.Global);
                writer.WriteEndArray();
            }

            writer.WriteStartObject("rooms"u8);
            foreach (var (room, data) in _roomData)
            {
                writer.WriteStartArray(room.Value);
                SyncWriter.AccountDataEvents(writer, data);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        if (!_threads.IsEmpty)
        {
            writer.WriteStartObject(SlidingExtensions.ThreadSubscriptionsName);
            _threads.Write(writer, "prev_batch");
            writer.WriteEndObject();
        }

        ByRoom(writer, "receipts", _receipts);
        ByRoom(writer, "typing", _typing);
    }

    private static void ByRoom(Utf8JsonWriter writer, string name, Dictionary<RoomId, ReadOnlyMemory<byte>> events)
    {
        if (events.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        writer.WriteStartObject("rooms"u8);
        foreach (var (room, json) in events)
        {
            writer.WritePropertyName(room.Value);
            writer.WriteRawValue(json.Span, skipInputValidation: true);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The token of this extension stands for itself: messages are kept until the device presents one behind them, on whatever connection.</summary>
    private async Task ToDevice(ToDeviceExtension wanted)
    {
        // From a log that this database does not hold: everything that waits is given.
        var since = wanted.Since is { } given && given <= context.Upto ? given : 0;
        if (context.Sync.Request.DeviceId is { } device)
        {
            await context.Inbox.Acknowledge(device, since);
        }

        _toDevice = await context.Inbox.Read(context.Sync.Request.DeviceId, since, context.Upto, wanted.Limit);
    }

    private bool KeysChanged() => context.IsInTail
        && context.Tail.UserEntries(context.Sync.User.Value, context.After, context.Upto).Exists(e => e.Item is KeySupplyChanged supply && supply.DeviceId == context.Sync.Request.DeviceId);

    private async Task AccountData(RoomScope scope, Dictionary<long, RoomTold> changed)
    {
        _rows = await Rows();
        var whole = new Dictionary<long, long>();
        foreach (var (nid, room) in matched)
        {
            if (!Covers(scope, room) || Of(nid, changed) is not { } told)
            {
                continue;
            }

            if (told.AccountDataUpto != RoomTold.Live)
            {
                whole[nid] = told.AccountDataUpto;
                changed[nid] = told with { AccountDataUpto = RoomTold.Live };
            }
            else if (_rows.Of(nid).AccountData is { Count: > 0 } data)
            {
                _roomData[room.Room.RoomId] = data;
            }
        }

        foreach (var row in await context.Database.AccountData.OfRooms(context.Sync.User, whole.Keys))
        {
            // Deleted data is not told to somebody who never saw it.
            var after = whole[row.RoomNid!.Value];
            if (row.Position > after && (row.Json is not null || after >= 0))
            {
                var id = matched[row.RoomNid.Value].Room.RoomId;
                if (!_roomData.TryGetValue(id, out var data))
                {
                    _roomData[id] = data = [];
                }

                data.Add((row.Type, row.Json ?? "{}"u8.ToArray()));
            }
        }

        foreach (var nid in _rows.Rooms)
        {
            if (_rows.Of(nid).AccountData.Count > 0 && !(matched.TryGetValue(nid, out var room) && Covers(scope, room)) && Of(nid, changed) is { AccountDataUpto: RoomTold.Live } told)
            {
                changed[nid] = told with { AccountDataUpto = context.After };
            }
        }
    }

    /// <summary>Global account data that is to be told, and what changed of rooms since the connection's last answer.</summary>
    private async Task<UserRowsOfSync> Rows()
    {
        var rows = new UserRowsOfSync(SyncFilter.Default);
        var user = context.Sync.User;
        var from = RoomTold.From(_told.AccountDataUpto, context.After);
        if (from < 0)
        {
            foreach (var data in await context.Database.AccountData.OfRooms(user, [0]))
            {
                rows.Add(new AccountDataSet(user.Value, null, null, data.Type, data.Json), initial: true);
            }

            // The default rules are nobody's row.
            rows.AddPushRules(context.Unread.Rules, user);
        }

        if (_told.IsNew)
        {
            return rows;
        }

        if (from >= context.Tail.Start)
        {
            foreach (var (_, entry) in context.Tail.UserEntries(user.Value, from, context.Upto))
            {
                rows.Add(entry, initial: false);
            }
        }
        else
        {
            foreach (var data in await context.Database.AccountData.Since(user, from, context.Upto))
            {
                if (from >= 0 || data.RoomNid is not null)
                {
                    rows.Add(new AccountDataSet(user.Value, data.RoomNid, null, data.Type, data.Json), initial: false);
                }
            }
        }

        return rows;
    }

    private async Task Receipts(RoomScope? scope, Dictionary<long, RoomTold> changed)
    {
        if (scope is not null)
        {
            var wanted = new Dictionary<long, RoomTold>();
            foreach (var (nid, room) in matched)
            {
                if (room.Room.Membership == Membership.Join && Covers(scope, room) && Of(nid, changed) is { } told && (told.ReceiptsUpto != RoomTold.Live || touched.Contains(nid)))
                {
                    wanted[nid] = told;
                    changed[nid] = told with { ReceiptsUpto = RoomTold.Live };
                }
            }

            var own = (await context.Database.Receipts.OfUser([.. wanted.Where(room => room.Value.ReceiptsUpto < 0).Select(room => room.Key)], context.Sync.User)).ToLookup(row => row.RoomNid);
            foreach (var (nid, told) in wanted)
            {
                if (ReceiptContent.Write((await ReceiptsOf(nid, told, own[nid])).Where(IsShown)) is { } shown)
                {
                    _receipts[matched[nid].Room.RoomId] = shown;
                }
            }
        }

        foreach (var nid in touched)
        {
            if ((scope is null || !(matched.TryGetValue(nid, out var room) && Covers(scope, room))) && Of(nid, changed) is { ReceiptsUpto: RoomTold.Live } told)
            {
                changed[nid] = told with { ReceiptsUpto = context.After };
            }
        }

        bool IsShown(ReceiptSet row) => row.Type == "m.read"
            ? !(UserId.TryParse(row.UserId, out var reader) && context.Sync.Ignored.Contains(reader))
            : row.Type == "m.read.private" && row.UserId == context.Sync.User.Value;
    }

    /// <param name="own">The user's own, for a room of which no receipts were told.</param>
    private async ValueTask<IEnumerable<ReceiptSet>> ReceiptsOf(long nid, RoomTold told, IEnumerable<ReceiptRow> own)
    {
        if (RoomTold.From(told.ReceiptsUpto, context.After) is >= 0 and var after)
        {
            return after >= context.Tail.Start
                ? context.Tail.Receipts(nid, after, context.Upto).Select(row => row.Item)
                : (await context.Database.Receipts.Since(nid, after, context.Upto)).Select(Receipt);
        }

        // For a start: the user's own, and those at events that are shown. These came after their events.
        var rows = own.Select(Receipt);
        if (sections.TryGetValue(nid, out var section) && section.Timeline.Count > 0)
        {
            var shown = section.Timeline.Select(e => e.Pdu.EventId.Value).ToHashSet();
            var from = section.Timeline[0].Position - 1;
            var others = from >= context.Tail.Start
                ? context.Tail.Receipts(nid, from, context.Upto).Select(row => row.Item)
                : (await context.Database.Receipts.Since(nid, from, context.Upto)).Select(Receipt);
            rows = rows.Concat(others.Where(row => shown.Contains(row.EventId)));
        }

        return rows;
    }

    private static ReceiptSet Receipt(ReceiptRow row) => new(row.UserId, row.RoomNid, row.Type, row.Thread, row.EventId, row.RoomSeq, row.Ts);

    private void Typing(RoomScope scope)
    {
        var moved = context.Tail.RoomsWithTypingSince(_told.TypingVersion).ToHashSet();
        foreach (var (nid, room) in matched)
        {
            var isInitial = sections.TryGetValue(nid, out var section) && section.Initial;
            if (room.Room.Membership != Membership.Join || !Covers(scope, room) || !(isInitial || moved.Contains(room.Room.RoomId)))
            {
                continue;
            }

            var users = context.Tail.TypingSince(room.Room.RoomId, isInitial ? 0 : _told.TypingVersion);
            if (users is null || (isInitial && users.Count == 0))
            {
                continue;
            }

            _typing[room.Room.RoomId] = JsonSerializer.SerializeToUtf8Bytes(new
            {
                type = "m.typing",
                content = new { user_ids = users.Where(user => !context.Sync.Ignored.Contains(user)).Select(user => user.Value) },
            });
        }
    }

    private RoomTold? Of(long nid, Dictionary<long, RoomTold> changed) => changed.GetValueOrDefault(nid) ?? _told.Rooms.GetValueOrDefault(nid);

    private bool Covers(RoomScope scope, MatchedRoom room) =>
        room.Lists.Any(scope.CoversList) || (context.Body.Subscriptions.ContainsKey(room.Room.RoomId) && scope.CoversSubscription(room.Room.RoomId));
}
