using MatrixOrleans.Contracts.Ephemeral;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Log;

/// <summary>
/// The newest part of the log, in the memory of a silo (DESIGN 4.2, 4.3). Syncs of live clients are answered from here alone.
/// </summary>
/// <remarks>
/// <code>
///   writer ── commit ──> Committed ──> entries by room, rows by user ──> watermark ──> signals
/// </code>
/// Everything in (<see cref="Start"/>, <see cref="Watermark"/>] is here; older positions are read from storage. The oldest commits
/// are dropped when the bounds are reached.
/// </remarks>
public sealed class Tail : ICommitObserver, IEphemeralListener
{
    /// <summary>Most rows of the log that are kept.</summary>
    private const int RowsMax = 100_000;

    /// <summary>Most bytes that are kept, as estimated.</summary>
    private const long BytesMax = 96L * 1024 * 1024;

    /// <summary>What an entry weighs beside its event's JSON, which is there in up to three forms: as it is stored, read, and as clients get it.</summary>
    private const int EntryBytes = 1_536;
    private const int FormsOfEvent = 3;

    /// <summary>In a room with more waiting users than this, wake-ups are put together.</summary>
    private const int WaitersBeforeCoalescing = 50;

    private static readonly TimeSpan CoalesceFor = TimeSpan.FromMilliseconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, RoomTail> _rooms = [];
    private readonly Dictionary<string, UserTail> _users = [];
    private readonly TypingLists _typing = new();
    private readonly Dictionary<RoomId, long> _nids = [];
    private readonly PositionList<DeviceListChanged> _deviceLists = new();
    private readonly Queue<Row> _rows = new();
    private readonly PositionList<long> _touches = new();
    private readonly TimeProvider _time;
    private long _bytes;
    private long _commits;

    public Tail(TimeProvider time)
    {
        _time = time;
    }

    /// <summary>Names this life of the in-memory views (typing): versions of another life mean nothing.</summary>
    public uint Epoch => _typing.Epoch;

    /// <summary>Positions up to here have been dropped, or were never here.</summary>
    public long Start { get; private set; }

    /// <summary>Everything up to here is durable and was heard of; no answer goes beyond.</summary>
    public long Watermark { get; private set; }

    /// <summary>Version of the newest typing change anywhere.</summary>
    public long TypingVersion
    {
        get
        {
            lock (_lock)
            {
                return _typing.Version;
            }
        }
    }

    /// <summary>The log as it is when the silo starts: nothing of it is in memory.</summary>
    public void Begin(long position)
    {
        lock (_lock)
        {
            Start = Watermark = position;
        }
    }

    public void Committed(CommittedBatch batch)
    {
        var signals = new HashSet<SyncSubscriber>();
        lock (_lock)
        {
            _commits++;
            foreach (var (unit, first) in batch.Units)
            {
                var position = first;
                position = TakeRoom(unit, position, signals);
                foreach (var entry in unit.Users)
                {
                    TakeUser(entry, position++, signals);
                }
            }

            Watermark = Math.Max(Watermark, batch.To);
            Trim();
        }

        foreach (var subscriber in signals)
        {
            subscriber.Signal();
        }
    }

    /// <summary>Entries of a room in (after, upto]; the caller has made sure that <paramref name="after"/> is not before <see cref="Start"/>.</summary>
    internal List<(long Position, TailEntry Item)> RoomEntries(long roomNid, long after, long upto)
    {
        lock (_lock)
        {
            return _rooms.TryGetValue(roomNid, out var room) ? room.Entries.Slice(after, upto) : [];
        }
    }

    internal List<(long Position, ReceiptSet Item)> Receipts(long roomNid, long after, long upto)
    {
        lock (_lock)
        {
            return _rooms.TryGetValue(roomNid, out var room) ? room.Receipts.Slice(after, upto) : [];
        }
    }

    /// <summary>Rows of a user in (after, upto].</summary>
    internal List<(long Position, UserEntry Item)> UserEntries(string userId, long after, long upto)
    {
        lock (_lock)
        {
            return _users.TryGetValue(userId, out var user) ? user.Entries.Slice(after, upto) : [];
        }
    }

    /// <summary>Changes of a user's memberships in (after, upto].</summary>
    internal List<(long Position, MemberChange Item)> MemberChanges(string userId, long after, long upto)
    {
        lock (_lock)
        {
            return _users.TryGetValue(userId, out var user) ? user.Memberships.Slice(after, upto) : [];
        }
    }

    /// <summary>Whose devices or keys changed in (after, upto].</summary>
    internal HashSet<UserId> DeviceLists(long after, long upto)
    {
        lock (_lock)
        {
            return [.. _deviceLists.Slice(after, upto).Select(change => UserId.Parse(change.Item.UserId))];
        }
    }

    /// <summary>On whose keys a user alone sees other signatures than before: in (after, upto].</summary>
    internal HashSet<UserId> Signed(UserId user, long after, long upto) =>
        [.. UserEntries(user.Value, after, upto).Select(entry => entry.Item).OfType<SignaturesChanged>().Select(change => UserId.Parse(change.TargetUserId))];

    /// <summary>Whether the device lists that a user sees may have changed in (after, upto]: by a change of devices, or by who came into or left the user's rooms.</summary>
    internal bool DeviceListsTouched(UserId user, IReadOnlyDictionary<long, UserRoom> rooms, long after, long upto)
    {
        var touched = Touched(rooms, after, upto);
        lock (_lock)
        {
            return _deviceLists.Slice(after, upto).Exists(change => change.Item.UserId == user.Value || change.Item.Rooms.Any(IsJoined))
                || (_users.TryGetValue(user.Value, out var own) && own.Entries.Slice(after, upto).Exists(entry => entry.Item is SignaturesChanged))
                || touched.Exists(nid => IsJoined(nid) && _rooms.TryGetValue(nid, out var room)
                    && room.Entries.Slice(after, upto).Exists(entry => entry.Item.Deltas.Any(delta =>
                        delta.Key.Type == EventTypes.Member && (delta.OldMembership == Membership.Join) != (delta.NewMembership == Membership.Join))));
        }

        bool IsJoined(long nid) => rooms.TryGetValue(nid, out var known) && known.Membership == Membership.Join;
    }

    /// <summary>Which of the given rooms have entries or receipts in (after, upto]. Costs what happened since, or what there are of rooms, whichever is less.</summary>
    internal List<long> Touched(IReadOnlyDictionary<long, UserRoom> rooms, long after, long upto)
    {
        lock (_lock)
        {
            return upto - after < rooms.Count
                ? [.. _touches.Slice(after, upto).Select(touch => touch.Item).Distinct().Where(rooms.ContainsKey)]
                : [.. rooms.Keys.Where(nid => _rooms.TryGetValue(nid, out var room) && (room.Entries.Last > after || room.Receipts.Last > after))];
        }
    }

    /// <summary>Who types in a room, when that changed after the given version; <c>null</c> when it did not.</summary>
    internal IReadOnlyList<UserId>? TypingSince(RoomId room, long version)
    {
        lock (_lock)
        {
            return _typing.Since(room, version);
        }
    }

    /// <summary>Rooms in which the list of who types changed after the given version; after 0, those in which somebody types.</summary>
    internal List<RoomId> RoomsWithTypingSince(long version)
    {
        lock (_lock)
        {
            return _typing.RoomsSince(version);
        }
    }

    /// <summary>Whether somebody types in one of the rooms that the user is in.</summary>
    internal bool AnyoneTypes(IReadOnlyDictionary<long, UserRoom> rooms)
    {
        lock (_lock)
        {
            return _typing.Rooms.Any(room => _nids.TryGetValue(room, out var nid) && rooms.TryGetValue(nid, out var known) && known.Membership == Membership.Join);
        }
    }

    /// <summary>Takes the newest list of who types in a room.</summary>
    public void TypingChanged(RoomId room, TypingView view)
    {
        List<SyncSubscriber> signals;
        lock (_lock)
        {
            _typing.Set(room, view.Users);
            signals = _nids.TryGetValue(room, out var nid) ? [.. Room(nid).Subscribers] : [];
        }

        signals.ForEach(subscriber => subscriber.Signal());
    }

    /// <summary>Wakes a user and those who wait in the given rooms.</summary>
    internal void SignalRooms(IReadOnlyList<long> rooms, string userId)
    {
        var signals = new HashSet<SyncSubscriber>();
        lock (_lock)
        {
            if (_users.TryGetValue(userId, out var user))
            {
                signals.UnionWith(user.Subscribers);
            }

            foreach (var nid in rooms)
            {
                if (_rooms.TryGetValue(nid, out var room))
                {
                    Signal(nid, room, signals);
                }
            }
        }

        foreach (var subscriber in signals)
        {
            subscriber.Signal();
        }
    }

    internal void Subscribe(SyncSubscriber subscriber)
    {
        lock (_lock)
        {
            User(subscriber.UserId).Subscribers.Add(subscriber);
        }
    }

    internal void SubscribeRooms(SyncSubscriber subscriber, IReadOnlyCollection<UserRoom> rooms)
    {
        lock (_lock)
        {
            foreach (var room in rooms)
            {
                _nids[room.RoomId] = room.RoomNid;
                Room(room.RoomNid).Subscribers.Add(subscriber);
            }
        }
    }

    internal void UnsubscribeRoom(SyncSubscriber subscriber, long roomNid)
    {
        lock (_lock)
        {
            if (_rooms.TryGetValue(roomNid, out var room))
            {
                room.Subscribers.Remove(subscriber);
            }
        }
    }

    internal void Unsubscribe(SyncSubscriber subscriber, IEnumerable<long> rooms)
    {
        lock (_lock)
        {
            foreach (var nid in rooms)
            {
                if (_rooms.TryGetValue(nid, out var room) && room.Subscribers.Remove(subscriber) && room.IsEmpty)
                {
                    _rooms.Remove(nid);
                }
            }

            if (_users.TryGetValue(subscriber.UserId, out var user) && user.Subscribers.Remove(subscriber) && user.IsEmpty)
            {
                _users.Remove(subscriber.UserId);
            }
        }
    }

    private long TakeRoom(AppendUnit unit, long position, HashSet<SyncSubscriber> signals)
    {
        if (unit.Room is not { } append)
        {
            return position;
        }

        var room = Room(append.RoomNid);
        var commit = (RoomCommit)unit.Payload!;
        foreach (var entry in commit.Entries)
        {
            if (entry.Event is { } tailEvent)
            {
                tailEvent.Position = position;
                Redact(room, tailEvent);
            }

            room.Entries.Add(position, entry);
            foreach (var delta in entry.Deltas)
            {
                if (delta.Key.Type == EventTypes.Member)
                {
                    var user = User(delta.Key.Key);
                    user.Memberships.Add(position, new MemberChange(append.RoomNid, commit.RoomId, delta, entry.Event?.RoomSeq, entry.CurrentState));
                    signals.UnionWith(user.Subscribers);
                }
            }

            var bytes = ((entry.Event?.Pdu.Json.Length ?? 0) * FormsOfEvent) + EntryBytes;
            _bytes += bytes;
            _rows.Enqueue(new Row(position, append.RoomNid, null, bytes));
            _touches.Add(position, append.RoomNid);
            position++;
        }

        commit.Committed.Advance(commit.After with { Position = position - 1 });
        Signal(append.RoomNid, room, signals);
        return position;
    }

    private void TakeUser(UserEntry entry, long position, HashSet<SyncSubscriber> signals)
    {
        var user = User(entry.UserId);
        if (entry is DeviceListChanged list)
        {
            entry = TakeDeviceList(list, user, position, signals);
        }

        user.Entries.Add(position, entry);
        if (entry is MembershipSet set)
        {
            var delta = new TailDelta(new StateKey(EventTypes.Member, set.UserId), null, null, set.Before, set.Membership);
            user.Memberships.Add(position, new MemberChange(set.RoomNid, RoomId.Parse(set.RoomId), delta, null, 0) { Sender = set.Sender, RoomVersion = set.Stub?.Version });
        }

        signals.UnionWith(user.Subscribers);
        long? roomNid = null;
        if (entry is ReceiptSet receipt)
        {
            roomNid = receipt.RoomNid;
            var room = Room(receipt.RoomNid);
            room.Receipts.Add(position, receipt);
            _touches.Add(position, receipt.RoomNid);
            if (receipt.Type == "m.read")
            {
                Signal(receipt.RoomNid, room, signals);
            }
        }

        _bytes += 256;
        _rows.Enqueue(new Row(position, roomNid, entry.UserId, 256));
    }

    /// <summary>Wakes who shares a room with the user: the rooms that the writer knew, and those that were joined since.</summary>
    private DeviceListChanged TakeDeviceList(DeviceListChanged list, UserTail user, long position, HashSet<SyncSubscriber> signals)
    {
        var joined = user.Memberships.Slice(list.RoomsPosition, position).Where(change => change.Item.Delta.NewMembership == Membership.Join);
        list = list with { Rooms = list.Rooms.Concat(joined.Select(change => change.Item.RoomNid)).ToHashSet() };
        _deviceLists.Add(position, list);
        foreach (var nid in list.Rooms)
        {
            if (_rooms.TryGetValue(nid, out var room))
            {
                Signal(nid, room, signals);
            }
        }

        return list;
    }

    /// <summary>An event that is redacted while it is here is shown pruned from now on.</summary>
    private static void Redact(RoomTail room, TailEvent redaction)
    {
        if (redaction.Redacts is not { } target)
        {
            return;
        }

        foreach (var (_, entry) in room.Entries.Slice(0, long.MaxValue))
        {
            if (entry.Event?.Pdu.EventId.Value == target)
            {
                entry.Event.RedactedBecause ??= redaction.Pdu;
            }
        }
    }

    private void Signal(long roomNid, RoomTail room, HashSet<SyncSubscriber> signals)
    {
        if (room.SignalledBy == _commits)
        {
            return;
        }

        room.SignalledBy = _commits;
        if (room.Subscribers.Count <= WaitersBeforeCoalescing)
        {
            signals.UnionWith(room.Subscribers);
            return;
        }

        if (!room.WakeUpDue)
        {
            room.WakeUpDue = true;
            _ = WakeLater(roomNid);
        }
    }

    private async Task WakeLater(long roomNid)
    {
        await Task.Delay(CoalesceFor, _time).ConfigureAwait(false);
        List<SyncSubscriber> signals = [];
        lock (_lock)
        {
            if (_rooms.TryGetValue(roomNid, out var room))
            {
                room.WakeUpDue = false;
                signals = [.. room.Subscribers];
            }
        }

        signals.ForEach(subscriber => subscriber.Signal());
    }

    private void Trim()
    {
        while (_rows.Count > RowsMax || (_bytes > BytesMax && _rows.Count > 1))
        {
            var row = _rows.Dequeue();
            _bytes -= row.Bytes;
            Start = row.Position;
            _touches.CutTo(row.Position);
            _deviceLists.CutTo(row.Position);
            if (row.RoomNid is { } nid && _rooms.TryGetValue(nid, out var room))
            {
                foreach (var (_, entry) in room.Entries.Slice(0, row.Position))
                {
                    foreach (var delta in entry.Deltas.Where(delta => delta.Key.Type == EventTypes.Member))
                    {
                        Cut(delta.Key.Key, row.Position);
                    }
                }

                room.Entries.CutTo(row.Position);
                room.Receipts.CutTo(row.Position);
                if (room.IsEmpty)
                {
                    _rooms.Remove(nid);
                }
            }

            if (row.UserId is { } userId)
            {
                Cut(userId, row.Position);
            }
        }

        void Cut(string userId, long position)
        {
            if (_users.TryGetValue(userId, out var user))
            {
                user.Entries.CutTo(position);
                user.Memberships.CutTo(position);
                if (user.IsEmpty)
                {
                    _users.Remove(userId);
                }
            }
        }
    }

    private RoomTail Room(long nid)
    {
        if (!_rooms.TryGetValue(nid, out var room))
        {
            _rooms[nid] = room = new RoomTail();
        }

        return room;
    }

    private UserTail User(string id)
    {
        if (!_users.TryGetValue(id, out var user))
        {
            _users[id] = user = new UserTail();
        }

        return user;
    }

    private readonly record struct Row(long Position, long? RoomNid, string? UserId, int Bytes);
}

/// <summary>A user's membership in a room changed.</summary>
internal sealed record MemberChange(long RoomNid, RoomId RoomId, TailDelta Delta, long? RoomSeq, long StateRoot)
{
    /// <summary>Of a membership without an event of ours: who brought it about.</summary>
    public string? Sender { get; init; }

    /// <summary>Of a membership without an event of ours: the room's version, as it was told.</summary>
    public string? RoomVersion { get; init; }
}
