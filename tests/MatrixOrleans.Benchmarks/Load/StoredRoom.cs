using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>A synthetic room that is written to a database as a room's grain would write it, one commit an event.</summary>
internal sealed class StoredRoom
{
    /// <summary>Commits under way at a time.</summary>
    private const int UnderWayMax = 200;

    private readonly Database _database;
    private readonly SyntheticRoom _room;
    private readonly Dictionary<StateKey, long> _current = [];
    private readonly HashSet<string> _joined = [];
    private readonly long _activation;
    private readonly Queue<Task<AppendResult>> _underWay = new();
    private long _version;
    private long _seq;

    private StoredRoom(Database database, SyntheticRoom room, long nid, long activation)
    {
        (_database, _room, Nid, _activation) = (database, room, nid, activation);
    }

    public long Nid { get; }

    /// <summary>Root of the current state.</summary>
    public long State { get; private set; }

    public long LastSeq => _seq;

    /// <summary>Bytes of all events so far.</summary>
    public long EventBytes { get; private set; }

    public int KeyCount => _current.Count;

    public static async Task<StoredRoom> Create(Database database, RoomVersion version, int moderators)
    {
        var made = SyntheticRoom.Create(version, moderators);
        var room = new StoredRoom(database, made, await database.Numbers.RoomNid(), await database.Numbers.ActivationId());
        await database.Numbers.EnsureAsync(made.Events.Count);
        var nodes = new List<StateNode>();
        var entries = new List<RoomEntry>();
        foreach (var pdu in made.Events)
        {
            entries.Add(await room.Entry(pdu, nodes));
        }

        await room.Append(entries, nodes, new NewRoom(version.Id, made.State[StateKey.Create].EventId, true, SyntheticRoom.Server));
        return room;
    }

    /// <summary>A state event in a commit of its own.</summary>
    public async Task Change(string type, string stateKey, UserId sender, string content)
    {
        await _database.Numbers.EnsureAsync(1);
        var nodes = new List<StateNode>();
        await Append([await Entry(_room.Add(type, stateKey, sender, content), nodes)], nodes, null);
    }

    /// <summary>Two state events on the same state, and the state that has both.</summary>
    public async Task Fork((string Type, string Key, UserId Sender, string Content) one, (string Type, string Key, UserId Sender, string Content) two)
    {
        await _database.Numbers.EnsureAsync(2);
        var nodes = new List<StateNode>();
        var (trunk, before) = (_room.Last, State);
        var first = await Entry(_room.Add(one.Type, one.Key, one.Sender, one.Content, [trunk]), nodes);
        var pdu = _room.Add(two.Type, two.Key, two.Sender, two.Content, [trunk]);
        var record = Record(pdu);
        var key = pdu.Key!.Value;
        var branch = await Apply(before, key, record.Nid, nodes);
        State = await Apply(State, key, record.Nid, nodes);
        var second = new RoomEntry
        {
            Event = record,
            EventNid = record.Nid,
            RoomSeq = ++_seq,
            StateBefore = before,
            StateAfter = branch,
            CurrentState = State,
            JoinedCount = _joined.Count,
            Facts = new PushFacts(_joined.Count, false),
            Deltas = [new StateDelta(key.Type, key.Key, _current.TryGetValue(key, out var old) ? old : null, record.Nid)],
            Extremities = EventNids.Pack([first.EventNid, record.Nid]),
        };
        _current[key] = record.Nid;
        await Append([first, second], nodes, null);
    }

    /// <summary>Marks the history before a place as gone.</summary>
    public Task MarkPurge(long beforeSeq) => Append([new RoomEntry { Kind = LogKind.Purge, RoomSeq = beforeSeq, CurrentState = State, JoinedCount = _joined.Count }], [], null);

    /// <summary>Waits for the commits that are under way.</summary>
    /// <exception cref="InvalidOperationException">One was refused.</exception>
    public async Task Settle(int leave = 0)
    {
        while (_underWay.Count > leave)
        {
            if ((await _underWay.Dequeue()).Outcome != AppendOutcome.Accepted)
            {
                throw new InvalidOperationException("A commit was refused.");
            }
        }
    }

    private async Task Append(List<RoomEntry> entries, List<StateNode> nodes, NewRoom? create)
    {
        var room = new RoomAppend { RoomNid = Nid, RoomId = _room.Id, Create = create, FirstVersion = _version + 1, Entries = entries, Nodes = nodes };
        _version += entries.Count;
        _underWay.Enqueue(_database.Writer.Append(new AppendUnit { ActivationId = _activation, Room = room }));
        await Settle(UnderWayMax);
    }

    private async Task<RoomEntry> Entry(Pdu pdu, List<StateNode> nodes)
    {
        var record = Record(pdu);
        var key = pdu.Key!.Value;
        var before = State;
        State = await Apply(State, key, record.Nid, nodes);
        var delta = new StateDelta(key.Type, key.Key, _current.TryGetValue(key, out var old) ? old : null, record.Nid);
        _current[key] = record.Nid;
        if (key.Type == EventTypes.Member)
        {
            var was = _joined.Contains(key.Key) ? Membership.Join : Membership.None;
            var membership = pdu.ContentString("membership") == "join" ? Membership.Join : Membership.Leave;
            _ = membership == Membership.Join ? _joined.Add(key.Key) : _joined.Remove(key.Key);
            delta = delta with { OldMembership = was, NewMembership = membership, DisplayName = pdu.ContentString("displayname"), Sender = pdu.Sender };
        }

        return new RoomEntry
        {
            Event = record,
            EventNid = record.Nid,
            RoomSeq = ++_seq,
            StateBefore = before,
            StateAfter = State,
            CurrentState = State,
            JoinedCount = _joined.Count,
            Facts = new PushFacts(_joined.Count, false),
            Deltas = [delta],
        };
    }

    private EventRecord Record(Pdu pdu)
    {
        EventBytes += pdu.Json.Length;
        return new EventRecord(
            _database.Numbers.NextEventNid(), pdu.EventId, pdu.Type, pdu.StateKey, pdu.Sender, pdu.OriginServerTs, pdu.Depth, pdu.Json, pdu.PrevEvents, pdu.AuthEvents);
    }

    private async Task<long> Apply(long root, StateKey key, long nid, List<StateNode> nodes)
    {
        long next;
        while (!_database.States.TryApply(Nid, root, [(key, nid)], nodes, out next))
        {
            await _database.States.LoadPath(Nid, root, [key]);
        }

        return next;
    }
}
