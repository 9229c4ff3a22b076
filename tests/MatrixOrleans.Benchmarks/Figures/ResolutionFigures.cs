using System.Globalization;
using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.StateResolution;
using MatrixOrleans.Protocol.Tests.StateResolution;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>Resolving a fork of a big room, and how little the room's size matters.</summary>
internal static class ResolutionFigures
{
    private const int Moderators = 10;
    private const int AuthChainDifference = 1000;
    private const int PowerLevelChanges = 20;
    private const int Repeats = 5;
    private const double GrowthAim = 1.5;

    public static async Task Run(Benchmark benchmark)
    {
        int[] sizes = benchmark.Options.Quick ? [10_000, 20_000] : [10_000, 20_000, 40_000];
        List<Figure> figures = [];
        foreach (var version in new[] { RoomVersions.V11, RoomVersions.V12 })
        {
            Report.Progress($"state resolution of room version {version.Id}");
            figures.AddRange(await Measure(benchmark, version, sizes));
        }

        benchmark.Report.Table(
            "State resolution",
            Text.Of($"Two branches of a room: on one {AuthChainDifference - PowerLevelChanges} renames of a member, {PowerLevelChanges} power-level changes, bans and other state; on the other a power-level change, renames of the banned and other state. States, events and citations are on disk (SQLite) and everything is opened anew for each run: comparing the two states, loading and parsing events, resolving. Medians of {Repeats} runs, the code warm."),
            figures);
    }

    private static async Task<List<Figure>> Measure(Benchmark benchmark, RoomVersion version, int[] sizes)
    {
        var name = version.StateResolution == StateResolutionAlgorithm.V2 ? "v2" : "v2.1";
        List<Figure> figures = [];
        var trunk = SyntheticRoom.Create(version, Moderators);
        double? smallest = null;
        foreach (var size in sizes)
        {
            for (var i = trunk.State.Keys.Count(k => k.Type == EventTypes.Member) - 1; i < size; i++)
            {
                var user = SyntheticRoom.Member(i);
                trunk.Add(EventTypes.Member, user.Value, user, SyntheticRoom.Join(user.Localpart));
            }

            var (a, b) = Fork(trunk);
            var graph = await StoredGraph.Create(await ScratchDatabase.New(benchmark, new SqliteChoice()), trunk);
            var numbers = await graph.Add([.. trunk.Events, .. a.Events, .. b.Events]);
            var root = await graph.AddState(0, [.. trunk.State.Select(e => (e.Key, (long?)numbers[e.Value.EventId]))]);
            var rootA = await graph.AddState(root, Changes(a, numbers));
            var rootB = await graph.AddState(root, Changes(b, numbers));

            var runs = new List<Resolved>();
            for (var i = 0; i <= Repeats; i++)
            {
                runs.Add(await graph.Resolve(rootA, rootB));
            }

            var times = runs.Skip(1).Select(r => r.Milliseconds).Order().ToList();
            var median = times[Repeats / 2];
            figures.Add(new Figure(
                Text.Of($"{name}, {size:#,0} members, {runs[0].Conflicting} conflicting events"),
                Text.Of($"{median:0.0} ms ({times[0]:0.0} to {times[^1]:0.0}; {runs[0].Loaded} events loaded){(smallest is { } s ? Text.Of($"; {median / s:0.00} times that of {sizes[0]:#,0}") : "")}"),
                smallest is null ? null : Text.Of($"<= {GrowthAim} times"),
                smallest is null ? null : median <= GrowthAim * smallest));
            smallest ??= median;
            if (size == sizes[0])
            {
                figures.Add(Equality(name, version, trunk, a, b, runs[0]));
            }
        }

        return figures;
    }

    /// <summary>Branches with 50 conflicting events: 1 + 1 power levels, 12 bans against 12 renames, 12 + 12 other state.</summary>
    private static (SyntheticRoom A, SyntheticRoom B) Fork(SyntheticRoom trunk)
    {
        const int bans = 12;
        const int others = 12;
        var a = trunk.Fork();
        var b = trunk.Fork();
        var chatty = SyntheticRoom.Member(Moderators);
        for (var i = 0; i < PowerLevelChanges; i++)
        {
            a.Add(EventTypes.PowerLevels, "", SyntheticRoom.Creator, a.PowerLevels(Moderators, i + 1));
        }

        for (var i = 0; i < AuthChainDifference - PowerLevelChanges; i++)
        {
            a.Add(EventTypes.Member, chatty.Value, chatty, SyntheticRoom.Join(Name("Chatty", i)));
        }

        b.Add(EventTypes.PowerLevels, "", SyntheticRoom.Member(1), b.PowerLevels(Moderators, 1000));
        for (var i = 0; i < bans; i++)
        {
            var target = SyntheticRoom.Member(Moderators + 1 + i);
            a.Add(EventTypes.Member, target.Value, SyntheticRoom.Member(i % Moderators), """{"membership":"ban"}""");
            b.Add(EventTypes.Member, target.Value, target, SyntheticRoom.Join(Name("Renamed", i)));
        }

        for (var i = 0; i < others; i++)
        {
            // One is sent by somebody banned on the other branch, one by the member with the long chain.
            var sender = SyntheticRoom.Member(Moderators + 1 + i);
            a.Add("org.example.thing", Name("thing", i), chatty, """{"of":"a"}""");
            b.Add("org.example.thing", Name("thing", i), sender, """{"of":"b"}""");
        }

        // The chain is long, but the name at its end is the same on both branches: no conflict of its own.
        var back = trunk.State[StateKey.Member(chatty)];
        a.State[StateKey.Member(chatty)] = back;
        return (a, b);
    }

    private static string Name(string name, int number) => string.Create(CultureInfo.InvariantCulture, $"{name} {number}");

    private static Figure Equality(string name, RoomVersion version, SyntheticRoom trunk, SyntheticRoom a, SyntheticRoom b, Resolved resolved)
    {
        var events = trunk.Events.Concat(a.Events).Concat(b.Events).ToDictionary(e => e.EventId);
        IReadOnlyDictionary<StateKey, EventId>[] states = [.. new[] { a, b }.Select(r => r.State.ToDictionary(e => e.Key, e => e.Value.EventId))];
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var naive = new NaiveResolver(version, new Known(events)).Resolve(states);
        var taken = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        var whole = states[0].Where(e => states[1].TryGetValue(e.Key, out var other) && other == e.Value).ToDictionary();
        foreach (var (key, id) in resolved.Changes)
        {
            if (id is { } now)
            {
                whole[key] = now;
            }
        }

        var equal = naive.Count == whole.Count && naive.All(e => whole.TryGetValue(e.Key, out var id) && id == e.Value);
        return new Figure($"{name}: the naive resolver of the tests comes to the same state", Text.Of($"{(equal ? "yes" : "no")}, {naive.Count} keys (it took {taken.TotalSeconds:0.0} s)"), "yes", equal);
    }

    private static List<(StateKey, long?)> Changes(SyntheticRoom branch, Dictionary<EventId, long> numbers)
    {
        var own = branch.Events.Select(e => e.EventId).ToHashSet();
        return [.. branch.State.Where(e => own.Contains(e.Value.EventId)).Select(e => (e.Key, (long?)numbers[e.Value.EventId]))];
    }

    private sealed class Known(Dictionary<EventId, Pdu> events) : IEventLookup
    {
        public Pdu? Find(EventId id) => events.GetValueOrDefault(id);

        public bool IsRejected(EventId id) => false;
    }
}
