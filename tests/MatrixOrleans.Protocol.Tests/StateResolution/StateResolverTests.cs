using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.StateResolution;
using MatrixOrleans.Protocol.Tests.Fixtures;
using static MatrixOrleans.Protocol.Tests.Fixtures.TestRoom;

namespace MatrixOrleans.Protocol.Tests.StateResolution;

public class StateResolverTests
{
    private const string Levels = $$"""
        {"users":{"{{Alice}}":100} }
        """;

    public static TheoryData<string> SinceV2 => Versions.Since(2);

    [Fact]
    public void States_are_divided_into_what_all_share_and_the_rest()
    {
        var (shared, one, two, only) = (Id("shared"), Id("one"), Id("two"), Id("only"));
        var input = ConflictedState.Divide(
            [
                new Dictionary<StateKey, EventId> { [StateKey.Name] = shared, [StateKey.Topic] = one, [StateKey.Avatar] = only },
                new Dictionary<StateKey, EventId> { [StateKey.Name] = shared, [StateKey.Topic] = two },
            ],
            out var unconflicted);

        Assert.Equal([KeyValuePair.Create(StateKey.Name, shared)], unconflicted);
        Assert.Equal(new HashSet<StateKey> { StateKey.Topic, StateKey.Avatar }, input.Keys);
        Assert.Equal(new HashSet<EventId> { one, two, only }, input.Events);
        Assert.Equal(shared, input.Unconflicted(StateKey.Name));
        Assert.Null(input.Unconflicted(StateKey.Topic));
        Assert.Equal(2, input.Sets.Count);
    }

    [Theory, MemberData(nameof(SinceV2))]
    public void A_rejected_event_authorises_no_other(string version)
    {
        var dag = Room(version);

        // Something else of Bob's in all states: his join is in the auth chain of each, so it is not judged again.
        dag.Add("own", "org.test.own", Bob, Bob, "{}", ["carol"]);
        dag.Add("topic", EventTypes.Topic, Bob, "", "{}", ["own"]);
        var bob = StateKey.Member(UserId.Parse(Bob));
        var without = dag.StateAfter("topic").Where(e => e.Key != bob).ToDictionary();
        var states = new[] { without, without.Where(e => e.Key != StateKey.Topic).ToDictionary() };

        Assert.Equal(dag["topic"].EventId, StateResolver.Resolve(dag.Version, states, dag)[StateKey.Topic]);

        dag.Reject("bob");
        Assert.False(StateResolver.Resolve(dag.Version, states, dag).ContainsKey(StateKey.Topic));
    }

    [Theory, MemberData(nameof(SinceV2))]
    public void A_rejected_event_is_itself_judged_like_any_other(string version)
    {
        var dag = Room(version);
        dag.Add("topic", EventTypes.Topic, Bob, "", "{}", ["carol"]);
        dag.Reject("topic");

        Assert.Equal(
            dag["topic"].EventId, StateResolver.Resolve(dag.Version, [dag.StateAfter("topic"), dag.StateAfter("carol")], dag)[StateKey.Topic]);
    }

    [Theory, MemberData(nameof(SinceV2))]
    public void An_event_that_is_not_there_is_passed_over(string version)
    {
        var dag = Room(version);
        dag.Add("topic", EventTypes.Topic, Bob, "", "{}", ["carol"]);
        var state = dag.StateAfter("topic");
        var unknown = new Dictionary<StateKey, EventId>(state) { [StateKey.Topic] = Id("unknown") };

        Assert.Equal(dag["topic"].EventId, StateResolver.Resolve(dag.Version, [state, unknown], dag)[StateKey.Topic]);
    }

    [Theory, MemberData(nameof(SinceV2))]
    public void Without_a_conflict_nothing_is_looked_up(string version)
    {
        var dag = Room(version);
        var before = dag.Looks;

        Assert.Equal(dag.StateAfter("carol"), StateResolver.Resolve(dag.Version, [dag.StateAfter("carol"), dag.StateAfter("carol")], dag));

        Assert.Equal(before, dag.Looks);
    }

    [Fact]
    public void Events_that_cite_each_other_do_not_hang_the_resolver()
    {
        var events = new Lines();
        var create = events.Add("create", EventTypes.Create, "", $$"""{"creator":"{{Alice}}"}""");
        events.Add("alice", EventTypes.Member, Alice, """{"membership":"join"}""", "create");
        var one = events.Add("one", EventTypes.PowerLevels, "", Levels, "create", "alice", "two");
        var two = events.Add("two", EventTypes.PowerLevels, "", Levels, "create", "alice", "one");
        var topic = events.Add("topic", EventTypes.Topic, "", "{}", "create", "alice", "two");
        var start = new Dictionary<StateKey, EventId> { [StateKey.Create] = create, [StateKey.Member(UserId.Parse(Alice))] = Id("alice") };

        var result = StateResolver.Resolve(
            RoomVersions.V2,
            [new Dictionary<StateKey, EventId>(start) { [StateKey.PowerLevels] = one, [StateKey.Topic] = topic }, new Dictionary<StateKey, EventId>(start) { [StateKey.PowerLevels] = two }],
            events);

        Assert.False(result.ContainsKey(StateKey.PowerLevels));
        Assert.Equal(topic, result[StateKey.Topic]);
    }

    [Fact]
    public void A_very_long_auth_chain_takes_no_stack()
    {
        const int Length = 20_000;
        var events = new Lines();
        var create = events.Add("create", EventTypes.Create, "", $$"""{"creator":"{{Alice}}"}""");
        var alice = events.Add("alice", EventTypes.Member, Alice, """{"membership":"join"}""", "create");
        events.Add("p0", EventTypes.PowerLevels, "", Levels, "create", "alice");
        for (var i = 1; i <= Length; i++)
        {
            events.Add($"p{i}", EventTypes.PowerLevels, "", Levels, "create", "alice", $"p{i - 1}");
        }

        var states = new[] { "p0", $"p{Length}" }.Select(p => new Dictionary<StateKey, EventId>
        {
            [StateKey.Create] = create,
            [StateKey.Member(UserId.Parse(Alice))] = alice,
            [StateKey.PowerLevels] = Id(p),
        });

        Assert.Equal(Id($"p{Length}"), StateResolver.Resolve(RoomVersions.V2, [.. states], events)[StateKey.PowerLevels]);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("11")]
    [InlineData("12")]
    public void The_cost_does_not_depend_on_the_number_of_members(string version) =>
        Assert.Equal(LooksInARoomOf(version, 20), LooksInARoomOf(version, 2_000));

    /// <summary>Fifty conflicting events between two branches of a room: profiles, a name, a ban and power levels.</summary>
    private static int LooksInARoomOf(string version, int members)
    {
        var dag = Room(version);
        var looks = 0;
        var versionOf = dag.Version;
        var state = new Dictionary<StateKey, EventId>(dag.StateAfter("carol"));
        var byId = dag.Events.ToDictionary(e => e.EventId);
        var citedBy = new Dictionary<EventId, List<EventId>>();
        var number = 100;
        foreach (var pdu in dag.Events)
        {
            Cite(pdu);
        }

        for (var i = 0; i < members; i++)
        {
            var user = $"@user{i}:u.test";
            state[new StateKey(EventTypes.Member, user)] = Make(state, EventTypes.Member, user, user, """{"membership":"join"}""").EventId;
        }

        var left = new Dictionary<StateKey, EventId>();
        var right = new Dictionary<StateKey, EventId>();
        for (var i = 0; i < 15; i++)
        {
            var user = $"@user{i}:u.test";
            Set(left, EventTypes.Member, user, user, """{"membership":"join","displayname":"l"}""");
            Set(right, EventTypes.Member, user, user, """{"membership":"join","displayname":"r"}""");
        }

        Set(left, EventTypes.PowerLevels, Bob, "", version == "12" ? $$"""{"users":{"{{Bob}}":50} }""" : $$"""{"users":{"{{Alice}}":100,"{{Bob}}":50} }""");
        Set(right, EventTypes.Member, Alice, Bob, """{"membership":"ban"}""");
        foreach (var type in Enumerable.Range(0, 9).Select(i => $"org.test.{i}"))
        {
            Set(left, type, Bob, "", "{}");
            Set(right, type, Alice, "", "{}");
        }

        // Each branch has, for what only the other changed, what was there before.
        foreach (var key in left.Keys.Union(right.Keys).Where(state.ContainsKey))
        {
            left.TryAdd(key, state[key]);
            right.TryAdd(key, state[key]);
        }

        var input = new ConflictedState([left, right], key => !left.ContainsKey(key) && !right.ContainsKey(key) && state.TryGetValue(key, out var id) ? id : null);
        Assert.InRange(input.Events.Count, 50, 60);
        looks = 0;
        var result = StateResolver.Resolve(versionOf, input, new Lookup(Find), new AuthChainWalk(Find, id => citedBy.GetValueOrDefault(id, [])));

        Assert.Equal(right[StateKey.Member(UserId.Parse(Bob))], result[StateKey.Member(UserId.Parse(Bob))]);
        Assert.Equal(right[new StateKey("org.test.3", "")], result[new StateKey("org.test.3", "")]);
        return looks;

        Pdu? Find(EventId id)
        {
            looks++;
            return byId.GetValueOrDefault(id);
        }

        void Set(Dictionary<StateKey, EventId> branch, string type, string sender, string key, string content)
        {
            var own = new Dictionary<StateKey, EventId>();
            foreach (var needed in new[] { StateKey.Create, StateKey.PowerLevels, StateKey.JoinRules, StateKey.Member(UserId.Parse(sender)), new(EventTypes.Member, key) })
            {
                if (branch.TryGetValue(needed, out var id) || state.TryGetValue(needed, out id))
                {
                    own[needed] = id;
                }
            }

            branch[new StateKey(type, key)] = Make(own, type, sender, key, content).EventId;
        }

        Pdu Make(Dictionary<StateKey, EventId> at, string type, string sender, string key, string content)
        {
            var user = UserId.Parse(sender);
            var auth = Protocol.Authorization.AuthEventSelection.Keys(type, user, key, System.Text.Json.JsonElement.Parse(content), versionOf)
                .Where(at.ContainsKey).Select(k => byId[at[k]]);
            var pdu = TestEvents.Build(versionOf, dag.Create.RoomId, number++, user, type, key, content, [dag["carol"]], auth, number);
            byId.Add(pdu.EventId, pdu);
            Cite(pdu);
            return pdu;
        }

        void Cite(Pdu pdu)
        {
            foreach (var id in pdu.AuthEvents)
            {
                if (!citedBy.TryGetValue(id, out var citing))
                {
                    citedBy[id] = citing = [];
                }

                citing.Add(pdu.EventId);
            }
        }
    }

    private static Dag Room(string version)
    {
        var dag = new Dag(RoomVersions.Get(version));
        dag.Add("create", EventTypes.Create, Alice, "", "{}", []);
        dag.Add("alice", EventTypes.Member, Alice, Alice, """{"membership":"join"}""", ["create"]);
        dag.Add("levels", EventTypes.PowerLevels, Alice, "", $$"""{"users":{"{{Alice}}":100,"{{Bob}}":50} }""", ["alice"]);
        dag.Add("rules", EventTypes.JoinRules, Alice, "", """{"join_rule":"public"}""", ["levels"]);
        dag.Add("bob", EventTypes.Member, Bob, Bob, """{"membership":"join"}""", ["rules"]);
        dag.Add("carol", EventTypes.Member, Carol, Carol, """{"membership":"join"}""", ["bob"]);
        return dag;
    }

    private static EventId Id(string name) => EventId.Parse($"${name}:a.test");

    private sealed class Lookup(Func<EventId, Pdu?> find) : IEventLookup
    {
        public Pdu? Find(EventId id) => find(id);

        public bool IsRejected(EventId id) => false;
    }

    /// <summary>Events of room version 2 with chosen ids and no hashes: a sender can write there what he likes.</summary>
    private sealed class Lines : IEventLookup
    {
        private readonly Dictionary<EventId, Pdu> _events = [];

        public EventId Add(string name, string type, string key, string content, params string[] auth)
        {
            var id = Id(name);
            var json = $$"""
                {"type":"{{type}}","state_key":"{{key}}","sender":"{{Alice}}","content":{{content}},"origin_server_ts":{{_events.Count}},"depth":{{_events.Count}},
                 "room_id":"!room:a.test","prev_events":[],"auth_events":[{{string.Join(',', auth.Select(a => $"[\"{Id(a)}\",{{}}]"))}}]}
                """;
            _events.Add(id, PduReader.ReadStored(System.Text.Encoding.UTF8.GetBytes(json), RoomVersions.V2, id));
            return id;
        }

        public Pdu? Find(EventId id) => _events.GetValueOrDefault(id);

        public bool IsRejected(EventId id) => false;
    }
}
