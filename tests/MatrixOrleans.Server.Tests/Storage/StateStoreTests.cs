using CsCheck;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.State;

namespace MatrixOrleans.Server.Tests.Storage;

public sealed class StateStoreTests
{
    private const long Room = 7;

    /// <summary>Changes of up to 60 keys: 0 removes.</summary>
    private static readonly Gen<(int Key, long Nid)[]> Changes = Gen.Select(Gen.Int[0, 59], Gen.Long[0, 1000]).Array[0, 120];

    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Fact]
    public async Task A_state_equals_a_dictionary()
    {
        await using var test = await TestDatabase.Create(DatabaseOptions.Sqlite);
        var states = test.Database.States;
        Changes.Sample(
            changes =>
            {
                var model = new Dictionary<StateKey, long>();
                var root = 0L;
                foreach (var chunk in changes.Chunk(7))
                {
                    root = Apply(states, root, chunk);
                    Put(model, chunk);
                }

                foreach (var key in Enumerable.Range(0, 60).Select(Key))
                {
                    Assert.True(states.TryGetCached(Room, root, key, out var nid));
                    Assert.Equal(model.TryGetValue(key, out var expected) ? expected : null, nid);
                }

                Assert.Equal(model.Values.Order(), states.All(Room, root).Result.Order());
                Assert.Equal(model.Count, states.Count(Room, root).AsTask().Result);
            },
            iter: 300);
    }

    [Fact]
    public async Task Equal_states_have_the_same_root_whatever_the_order_of_changes()
    {
        await using var test = await TestDatabase.Create(DatabaseOptions.Sqlite);
        var states = test.Database.States;
        Gen.Select(Changes, Gen.Int[1, 9], Gen.Int).Sample(
            (changes, size, seed) =>
            {
                var model = new Dictionary<StateKey, long>();
                Put(model, changes);
                var root = changes.Chunk(size).Aggregate(0L, (r, chunk) => Apply(states, r, chunk));
                var final = Enumerable.Range(0, 60).Where(k => model.ContainsKey(Key(k))).Select(k => (k, model[Key(k)])).ToArray();
                new Random(seed).Shuffle(final);
                Assert.Equal(root, final.Aggregate(0L, (r, one) => Apply(states, r, [one])));
                Assert.Equal(root, Apply(states, 0, final));
                Assert.Equal(model.Count == 0, root == 0);
            },
            iter: 300);
    }

    [Fact]
    public async Task A_difference_names_exactly_the_keys_that_differ()
    {
        await using var test = await TestDatabase.Create(DatabaseOptions.Sqlite);
        var states = test.Database.States;
        Gen.Select(Changes, Changes).Sample(
            (common, more) =>
            {
                Dictionary<StateKey, long> a = [], b = [];
                Put(a, common);
                Put(b, common);
                Put(b, more);
                var rootA = Apply(states, 0, common);
                var rootB = Apply(states, rootA, more);
                var expected = a.Keys.Union(b.Keys)
                    .Select(key => (Hash: states.Hash(Room, key), A: Get(a, key), B: Get(b, key)))
                    .Where(row => row.A != row.B)
                    .OrderBy(row => row.Hash);
                Assert.Equal(expected, states.Diff(Room, rootA, rootB).Result.Select(row => (row.Key, row.A, row.B)).OrderBy(row => row.Key));
            },
            iter: 300);
    }

    [Fact]
    public async Task A_change_adds_few_nodes_and_shares_the_rest()
    {
        await using var test = await TestDatabase.Create(DatabaseOptions.Sqlite);
        var states = test.Database.States;
        var all = Enumerable.Range(0, 10_000).Select(i => (i, i + 1L)).ToArray();
        var root = Apply(states, 0, all);
        var nodes = new List<StateNode>();
        Assert.True(states.TryApply(Room, root, [(Key(5), 99_999)], nodes, out var next));
        Assert.NotEqual(root, next);
        Assert.InRange(nodes.Count, 2, 6);
        Assert.True(nodes.Sum(node => node.Bytes.Length) < 1000, "a change copies one path");
        Assert.Equal((long?)99_999, await states.Get(Room, next, Key(5)));
        Assert.Equal((long?)6, await states.Get(Room, root, Key(5)));
        Assert.Single(await states.Diff(Room, root, next));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_state_is_read_back_by_another_process(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        for (var i = 0; i < 150; i++)
        {
            await test.Database.Writer.Append(await room.StateEvent("org.example.state", $"key{i}", TestRoom.Alice));
        }

        var other = await test.Open();
        var key = new StateKey("org.example.state", "key77");
        Assert.False(other.States.TryGetCached(room.Nid, room.State, key, out _));
        Assert.Equal(room.Model[key], await other.States.Get(room.Nid, room.State, key));
        Assert.True(other.States.TryGetCached(room.Nid, room.State, key, out _));
        Assert.Null(await other.States.Get(room.Nid, room.State, new StateKey("org.example.state", "none")));
        Assert.Equal(room.Model.Values.Order(), (await other.States.All(room.Nid, room.State)).Order());
        Assert.Equal(152, await other.States.Count(room.Nid, room.State));

        // A third one starts from nothing and edits: loading the path is enough, also where removals merge nodes.
        var third = await test.Open();
        var removed = Enumerable.Range(0, 145).Select(i => (new StateKey("org.example.state", $"key{i}"), (long?)null)).ToArray();
        var nodes = new List<StateNode>();
        Assert.False(third.States.TryApply(room.Nid, room.State, removed, nodes, out _));
        await third.States.LoadPath(room.Nid, room.State, [.. removed.Select(r => r.Item1)]);
        Assert.True(third.States.TryApply(room.Nid, room.State, removed, nodes, out var small));
        Assert.Equal(7, await third.States.Count(room.Nid, small));
        Assert.Single(nodes);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Rooms_do_not_share_hashes(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        Assert.NotEqual(test.Database.States.Hash(1, StateKey.Create), test.Database.States.Hash(2, StateKey.Create));
        Assert.Equal(test.Database.States.Hash(1, StateKey.Create), (await test.Open()).States.Hash(1, StateKey.Create));
    }

    [Fact]
    public void SipHash_matches_its_reference_vectors()
    {
        var hash = new SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908);
        var data = Enumerable.Range(0, 63).Select(i => (byte)i).ToArray();
        Assert.Equal(0x726fdb47dd0e0e31ul, hash.Of(data.AsSpan(0, 0)));
        Assert.Equal(0x74f839c593dc67fdul, hash.Of(data.AsSpan(0, 1)));
        Assert.Equal(0xa129ca6149be45e5ul, hash.Of(data.AsSpan(0, 15)));
    }

    private static StateKey Key(int number) => new(number % 3 == 0 ? "m.room.member" : "org.example", $"{number}");

    private static long? Get(Dictionary<StateKey, long> model, StateKey key) => model.TryGetValue(key, out var nid) ? nid : null;

    private static void Put(Dictionary<StateKey, long> model, IEnumerable<(int Key, long Nid)> changes)
    {
        foreach (var (key, nid) in changes)
        {
            if (nid == 0)
            {
                model.Remove(Key(key));
            }
            else
            {
                model[Key(key)] = nid;
            }
        }
    }

    private static long Apply(StateStore states, long root, IEnumerable<(int Key, long Nid)> changes)
    {
        var list = changes.Select(c => (Key(c.Key), c.Nid == 0 ? (long?)null : c.Nid)).ToArray();
        Assert.True(states.TryApply(Room, root, list, [], out var next));
        return next;
    }
}
