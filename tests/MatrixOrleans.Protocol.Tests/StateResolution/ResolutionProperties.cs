using CsCheck;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.StateResolution;
using MatrixOrleans.Protocol.Tests.Fixtures;

namespace MatrixOrleans.Protocol.Tests.StateResolution;

/// <summary>What holds for every room, tried on random ones in every version. A failure prints the seed that replays it.</summary>
public class ResolutionProperties
{
    private const int Rooms = 40;

    private static readonly Gen<(Move[] Moves, int[] Picks, int Mix)> Case =
        Gen.Select(RandomDag.Moves, Gen.Int[0, 1_000].Array[2, 4], Gen.Int[0, 1_000_000]);

    public static TheoryData<string> All => Versions.All;

    [Theory, MemberData(nameof(All))]
    public void The_naive_resolver_agrees(string version) => Case.Sample(
        c =>
        {
            var (dag, states) = Build(version, c);
            Same(dag, new NaiveResolver(dag.Version, dag).Resolve(states), StateResolver.Resolve(dag.Version, states, dag));
        },
        iter: version is "12" ? 15 * Rooms : version is "1" or "2" ? 5 * Rooms : Rooms, threads: 1);

    [Theory, MemberData(nameof(All))]
    public void The_order_of_the_states_and_their_repetition_do_not_matter(string version) => Case.Sample(
        c =>
        {
            var (dag, states) = Build(version, c);
            var once = StateResolver.Resolve(dag.Version, states, dag);
            Same(dag, once, StateResolver.Resolve(dag.Version, [.. states.AsEnumerable().Reverse().Select(s => s.Reverse().ToDictionary())], dag));
            Same(dag, once, StateResolver.Resolve(dag.Version, [.. states, states[0]], dag));
        },
        iter: Rooms, threads: 1);

    [Theory, MemberData(nameof(All))]
    public void The_result_has_the_create_event_and_only_events_of_the_room(string version) => Case.Sample(
        c =>
        {
            var (dag, states) = Build(version, c);
            var result = StateResolver.Resolve(dag.Version, states, dag);
            Assert.Equal(dag.Create.EventId, result[StateKey.Create]);
            Assert.All(result, e => Assert.Equal(e.Key, dag.Find(e.Value)!.Key));
        },
        iter: Rooms, threads: 1);

    [Theory, MemberData(nameof(All))]
    public void Resolving_a_state_with_itself_changes_nothing(string version) => Case.Sample(
        c =>
        {
            var (dag, states) = Build(version, c);
            Same(dag, states[0], StateResolver.Resolve(dag.Version, [states[0], states[0]], dag));
        },
        iter: Rooms, threads: 1);

    [Theory, MemberData(nameof(All))]
    public void The_conflicted_part_alone_gives_the_same(string version) => Case.Sample(
        c =>
        {
            var (dag, states) = Build(version, c);
            var input = ConflictedState.Divide(states, out var unconflicted);
            var result = new Dictionary<StateKey, EventId>(unconflicted);
            foreach (var (key, id) in StateResolver.Resolve(dag.Version, input, dag, new AuthChainWalk(dag.Find, dag.CitedBy)))
            {
                Assert.False(unconflicted.ContainsKey(key));
                if (id is { } resolved)
                {
                    result[key] = resolved;
                }
            }

            Same(dag, StateResolver.Resolve(dag.Version, states, dag), result);
        },
        iter: Rooms, threads: 1);

    /// <summary>A room, and states after some of its events; sometimes one that a confused server could claim.</summary>
    private static (Dag Dag, List<IReadOnlyDictionary<StateKey, EventId>> States) Build(string version, (Move[] Moves, int[] Picks, int Mix) c)
    {
        var dag = RandomDag.Build(version, c.Moves);
        var names = dag.Events.Skip(2).Select(e => dag.Name(e.EventId)).ToList();
        var states = c.Picks.Select(p => dag.StateAfter(names[names.Count - 1 - (p % Math.Min(names.Count, 12))])).ToList();
        if (c.Mix % 2 == 0)
        {
            states.Add(Claim(dag, states[0], new Random(c.Mix)));
        }

        return (dag, states);
    }

    /// <summary>The state with some keys as they were at some other time.</summary>
    private static Dictionary<StateKey, EventId> Claim(Dag dag, IReadOnlyDictionary<StateKey, EventId> state, Random random)
    {
        var claimed = new Dictionary<StateKey, EventId>(state);
        foreach (var key in state.Keys.Where(key => key != StateKey.Create && random.Next(3) == 0))
        {
            var ever = dag.Events.Where(e => e.Key == key).ToList();
            claimed[key] = ever[random.Next(ever.Count)].EventId;
        }

        return claimed;
    }

    private static void Same(Dag dag, IReadOnlyDictionary<StateKey, EventId> expected, IReadOnlyDictionary<StateKey, EventId> actual) =>
        Assert.Equal(Text(dag, expected), Text(dag, actual));

    private static string Text(Dag dag, IReadOnlyDictionary<StateKey, EventId> state) =>
        string.Join("\n", state.OrderBy(e => e.Key).Select(e => $"{e.Key.Type}|{e.Key.Key} = {dag.Name(e.Value)}"));
}
