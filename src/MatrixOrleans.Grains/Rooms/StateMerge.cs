using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.StateResolution;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.State;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>A state that was made of others.</summary>
/// <param name="Nodes">What storage may lack of it.</param>
internal sealed record Merged(long Root, IReadOnlyList<StateNode> Nodes);

/// <summary>
/// Makes one state of those after several events (Room Versions, "State resolution"). Only what differs is compared, loaded and resolved; the
/// resolution itself runs outside the grain's turn.
/// </summary>
internal sealed class StateMerge(RoomMemory room, RoomGraph graph, Database database)
{
    /// <summary>Results that are remembered: the two sides of a fork are merged again for every event on one of them.</summary>
    private const int ResultsMax = 32;

    private readonly Dictionary<string, Merged> _results = [];

    /// <param name="settle">Called before resolution: what is queued must be in storage, where the index of citations is read.</param>
    public async ValueTask<Merged> Merge(IEnumerable<long> states, Func<Task> settle)
    {
        var roots = states.Distinct().Order().ToArray();
        if (roots.Length <= 1)
        {
            return new Merged(roots is [var only] ? only : 0, []);
        }

        var key = string.Join(',', roots);
        if (_results.TryGetValue(key, out var known))
        {
            return known;
        }

        await settle();
        var merged = await Resolve(roots);
        if (_results.Count >= ResultsMax)
        {
            _results.Clear();
        }

        return _results[key] = merged;
    }

    private async Task<Merged> Resolve(long[] roots)
    {
        // Where a state differs from the first one; a key that differs in none is unconflicted.
        var differences = new List<Dictionary<StateKeyHash, (long? First, long? Other)>>();
        var first = new Dictionary<StateKeyHash, long?>();
        foreach (var root in roots.Skip(1))
        {
            var different = (await database.States.Diff(room.Nid, roots[0], root)).ToDictionary(d => d.Key, d => (d.A, d.B));
            differences.Add(different);
            foreach (var (hash, (a, _)) in different)
            {
                first[hash] = a;
            }
        }

        var nids = first.Values.Concat(differences.SelectMany(d => d.Values.Select(v => v.Other))).OfType<long>().ToHashSet();
        var events = await graph.Load(nids);
        List<IReadOnlyDictionary<StateKey, EventId>> sets = [Side(hash => first[hash])];
        foreach (var different in differences)
        {
            sets.Add(Side(hash => different.TryGetValue(hash, out var value) ? value.Other : first[hash]));
        }

        var input = new ConflictedState(sets, Unconflicted);
        var chains = new AuthChainWalk(graph.Find, graph.Citing);

        // Looks events up as it goes: on a thread that may wait.
        var resolved = await Task.Run(() => StateResolver.Resolve(room.Version, input, graph, chains));
        var changes = new List<(StateKey, long?)>(resolved.Count);
        foreach (var (key, id) in resolved)
        {
            changes.Add((key, id is { } chosen ? (await graph.Load([chosen]))[chosen].Nid : null));
        }

        var nodes = new List<StateNode>();
        long merged;
        while (!database.States.TryApply(room.Nid, roots[0], changes.ToArray(), nodes, out merged))
        {
            await database.States.LoadPath(room.Nid, roots[0], [.. changes.Select(c => c.Item1)]);
        }

        return new Merged(merged, nodes);

        Dictionary<StateKey, EventId> Side(Func<StateKeyHash, long?> value)
        {
            var side = new Dictionary<StateKey, EventId>();
            foreach (var hash in first.Keys)
            {
                if (value(hash) is { } nid && events[nid].Pdu is { Key: { } key } pdu)
                {
                    side[key] = pdu.EventId;
                }
            }

            return side;
        }

        EventId? Unconflicted(StateKey key)
        {
            if (first.ContainsKey(database.States.Hash(room.Nid, key)))
            {
                return null;
            }

            var nid = database.States.TryGetCached(room.Nid, roots[0], key, out var cached)
                ? cached
                : database.States.Get(room.Nid, roots[0], key).AsTask().GetAwaiter().GetResult();
            return nid is { } number ? graph.Load([number]).AsTask().GetAwaiter().GetResult()[number].Pdu.EventId : null;
        }
    }
}
