using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Server.Tests.Storage;

/// <summary>Builds units of one room as its grain would: keeps version, sequence, state and counts.</summary>
internal sealed class TestRoom
{
    public static readonly UserId Alice = UserId.Parse("@alice:example.org");
    public static readonly UserId Bob = UserId.Parse("@bob:example.org");
    private readonly Database _database;
    private int _joined;

    private TestRoom(Database database, long nid, RoomId id, long activation) => (_database, Nid, Id, Activation) = (database, nid, id, activation);

    public long Nid { get; }

    public RoomId Id { get; }

    public long Activation { get; set; }

    public long Version { get; set; }

    public long Seq { get; set; }

    public long State { get; set; }

    /// <summary>What the state should be.</summary>
    public Dictionary<StateKey, long> Model { get; } = [];

    public EventId? Last { get; set; }

    public static async Task<TestRoom> New(Database database, string name = "room")
    {
        var nid = await database.Numbers.RoomNid();
        return new TestRoom(database, nid, RoomId.Parse($"!{name}{nid}:example.org"), await database.Numbers.ActivationId());
    }

    /// <summary>A second activation that starts where this one stands.</summary>
    public async Task<TestRoom> Twin(Database database)
    {
        var twin = new TestRoom(database, Nid, Id, await database.Numbers.ActivationId()) { Version = Version, Seq = Seq, State = State, Last = Last, _joined = _joined };
        foreach (var (key, nid) in Model)
        {
            twin.Model[key] = nid;
        }

        return twin;
    }

    public async Task<AppendResult> Create()
    {
        await _database.Numbers.EnsureAsync(10);
        var create = Event(EventTypes.Create, "", Alice);
        var join = Event(EventTypes.Member, Alice.Value, Alice);
        return await _database.Writer.Append(Unit(
            [await Entry(create, Membership.None), await Entry(join, Membership.Join)],
            new NewRoom("11", create.Id, true, ServerName.Parse("example.org"), 1)));
    }

    public async Task<AppendUnit> Message(string text = "hello", TxnRecord? txn = null)
    {
        await _database.Numbers.EnsureAsync(1);
        return Unit([await Entry(Event(EventTypes.Message, null, Alice, text), Membership.None)], txn: txn);
    }

    public async Task<AppendUnit> StateEvent(string type, string key, UserId sender, Membership membership = Membership.None)
    {
        await _database.Numbers.EnsureAsync(1);
        return Unit([await Entry(Event(type, key, sender), membership)]);
    }

    public EventRecord Event(string type, string? stateKey, UserId sender, string text = "", EventId? prev = null)
    {
        var nid = _database.Numbers.NextEventNid();
        var id = EventId.Parse($"$e{nid}:example.org");
        var json = $$"""{ "type": "{{type}}", "sender": "{{sender}}", "content": { "body": "{{text}}" } }""";
        ImmutableArray<EventId> before = prev is { } p ? [p] : Last is { } last ? [last] : [];
        return new EventRecord(nid, id, type, stateKey, sender, 1_700_000_000_000 + nid, Version + 1, Encoding.UTF8.GetBytes(json), before, []);
    }

    public async Task<RoomEntry> Entry(EventRecord body, Membership membership)
    {
        var before = State;
        List<StateDelta> deltas = [];
        if (body.StateKey is { } stateKey)
        {
            var key = new StateKey(body.Type, stateKey);
            long? old = Model.TryGetValue(key, out var known) ? known : null;
            State = await Apply(State, [(key, body.Nid)]);
            Model[key] = body.Nid;
            deltas.Add(new StateDelta(body.Type, stateKey, old, body.Nid, Membership.None, membership, "Name " + stateKey, null, body.Sender));
            _joined += membership == Membership.Join ? 1 : 0;
        }

        Last = body.Id;
        return new RoomEntry
        {
            Event = body,
            EventNid = body.Nid,
            RoomSeq = ++Seq,
            StateBefore = before,
            StateAfter = State,
            CurrentState = State,
            JoinedCount = _joined,
            Facts = new PushFacts(_joined, true),
            Deltas = deltas,
        };
    }

    public List<StateNode> Pending { get; } = [];

    public async Task<long> Apply(long root, params (StateKey, long?)[] changes)
    {
        long next;
        while (!_database.States.TryApply(Nid, root, changes, Pending, out next))
        {
            await _database.States.LoadPath(Nid, root, [.. changes.Select(change => change.Item1)]);
        }

        return next;
    }

    public AppendUnit Unit(IReadOnlyList<RoomEntry> entries, NewRoom? create = null, TxnRecord? txn = null)
    {
        var unit = new AppendUnit
        {
            ActivationId = Activation,
            Room = new RoomAppend { RoomNid = Nid, RoomId = Id, Create = create, FirstVersion = Version + 1, Entries = entries, Nodes = [.. Pending] },
            Txn = txn,
        };
        Pending.Clear();
        Version += entries.Count;
        return unit;
    }

    public static UserId User(int number) => UserId.Parse(string.Create(CultureInfo.InvariantCulture, $"@user{number}:example.org"));
}
