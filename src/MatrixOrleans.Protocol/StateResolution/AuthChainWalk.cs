using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>
/// Answers about auth chains by walking over events in memory, with no recursion: how deep a chain goes is for remote servers to choose.
/// Costs as much as the chains of the conflicted events are long, for each state.
/// </summary>
/// <remarks>
/// The auth difference must leave out what an unconflicted event needs, and the unconflicted state may be huge. Two ways to know: from the
/// events that cite a candidate upwards, as far as a current one is met; or down from all unconflicted events.
/// </remarks>
public sealed class AuthChainWalk : IAuthChains
{
    private readonly Func<EventId, Pdu?> _events;
    private readonly Func<EventId, IEnumerable<EventId>>? _citedBy;
    private readonly IEnumerable<EventId> _unconflicted = [];

    /// <param name="citedBy">The state events of the room that have the event among their <c>auth_events</c>. Costs nothing for the rest of the state.</param>
    public AuthChainWalk(Func<EventId, Pdu?> events, Func<EventId, IEnumerable<EventId>> citedBy)
    {
        _events = events;
        _citedBy = citedBy;
    }

    /// <param name="unconflicted">All unconflicted state events; only gone through where chains differ at all.</param>
    public AuthChainWalk(Func<EventId, Pdu?> events, IEnumerable<EventId> unconflicted)
    {
        _events = events;
        _unconflicted = unconflicted;
    }

    public IReadOnlySet<EventId> Difference(ConflictedState input)
    {
        // How many of the states' conflicted parts have the event in their chains.
        var counts = new Dictionary<EventId, int>();
        foreach (var set in input.Sets)
        {
            foreach (var id in Chain(set.Values))
            {
                counts[id] = counts.GetValueOrDefault(id) + 1;
            }
        }

        var difference = counts.Where(c => c.Value < input.Sets.Count).Select(c => c.Key).ToHashSet();
        if (difference.Count > 0)
        {
            difference.ExceptWith(_citedBy is null ? Chain(_unconflicted) : NeededByUnconflicted(difference, input));
        }

        return difference;
    }

    public IReadOnlySet<EventId> Between(IReadOnlyCollection<EventId> events)
    {
        // The chains of all the events, with the links turned round: who cites whom.
        var citing = new Dictionary<EventId, List<EventId>>();
        var seen = new HashSet<EventId>(events);
        var open = new Stack<EventId>(events);
        while (open.TryPop(out var id))
        {
            foreach (var cited in AuthEventsOf(id))
            {
                if (!citing.TryGetValue(cited, out var from))
                {
                    citing[cited] = from = [];
                }

                from.Add(id);
                if (seen.Add(cited))
                {
                    open.Push(cited);
                }
            }
        }

        // All of them are reached from one of the events; back up the links from the events lie those that also reach one.
        var between = new HashSet<EventId>(events);
        open = new Stack<EventId>(events);
        while (open.TryPop(out var id))
        {
            foreach (var from in citing.GetValueOrDefault(id, []))
            {
                if (between.Add(from))
                {
                    open.Push(from);
                }
            }
        }

        return between;
    }

    /// <summary>The union of the auth chains of the events; one of them is in it only where another cites it.</summary>
    private HashSet<EventId> Chain(IEnumerable<EventId> events)
    {
        var chain = new HashSet<EventId>();
        var open = new Stack<EventId>(events);
        while (open.TryPop(out var id))
        {
            foreach (var cited in AuthEventsOf(id))
            {
                if (chain.Add(cited))
                {
                    open.Push(cited);
                }
            }
        }

        return chain;
    }

    /// <summary>Which of the candidates are in the auth chain of an unconflicted event.</summary>
    private List<EventId> NeededByUnconflicted(HashSet<EventId> candidates, ConflictedState input)
    {
        var needed = new HashSet<EventId>();
        var free = new HashSet<EventId>();
        foreach (var candidate in candidates)
        {
            if (!needed.Contains(candidate) && !free.Contains(candidate) && LeadsToUnconflicted(candidate, needed, free, input))
            {
                // What it stands on is needed with it.
                needed.Add(candidate);
                needed.UnionWith(Chain([candidate]));
            }
        }

        return [.. candidates.Where(needed.Contains)];
    }

    /// <param name="free">Events from which no unconflicted event is reached; what a walk in vain has seen is added, so that each is seen once.</param>
    private bool LeadsToUnconflicted(EventId candidate, HashSet<EventId> needed, HashSet<EventId> free, ConflictedState input)
    {
        var seen = new HashSet<EventId> { candidate };
        var open = new Stack<EventId>([candidate]);
        while (open.TryPop(out var id))
        {
            foreach (var citing in _citedBy!(id))
            {
                if (free.Contains(citing) || !seen.Add(citing))
                {
                    continue;
                }

                if (needed.Contains(citing) || (_events(citing)?.Key is { } key && input.Unconflicted(key) == citing))
                {
                    return true;
                }

                open.Push(citing);
            }
        }

        free.UnionWith(seen);
        return false;
    }

    private IEnumerable<EventId> AuthEventsOf(EventId id) => _events(id) is { } pdu ? pdu.AuthEvents : [];
}
