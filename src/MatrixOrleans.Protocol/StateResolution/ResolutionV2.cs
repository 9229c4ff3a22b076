using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>State resolution of room versions 2-11, and with the changes of MSC4297 of room version 12 ("State resolution" of each).</summary>
internal static class ResolutionV2
{
    public static IReadOnlyDictionary<StateKey, EventId?> Resolve(
        RoomVersion version, ConflictedState input, IEventLookup events, IAuthChains chains)
    {
        var fromNothing = version.StateResolution == StateResolutionAlgorithm.V21;

        // The full conflicted set is the union of the conflicted state set and the auth difference; since v12 also of the conflicted state
        // subgraph.
        var fullConflictedSet = new HashSet<EventId>(input.Events);
        fullConflictedSet.UnionWith(chains.Difference(input));
        if (fromNothing)
        {
            fullConflictedSet.UnionWith(chains.Between(input.Events));
        }

        var conflicted = Find(fullConflictedSet, events).Values.Where(e => e.IsState).ToList();

        // 1. Select the set X of all power events that appear in the full conflicted set. For each such power event P, enlarge X by adding the
        //    events in the auth chain of P which also belong to the full conflicted set. Sort X into a list using the reverse topological
        //    power ordering.
        var between = Find(chains.Between(fullConflictedSet), events);
        var selected = PowerEventSelection.Select(conflicted, between);
        var powerEvents = PowerOrder.Sort(selected, between, events);

        // 2. Apply the iterative auth checks algorithm, starting from the unconflicted state map (v12: from an empty state map), to the list
        //    of events from the previous step to get a partially resolved state.
        var state = new PartialState(fromNothing ? static _ => null : input.Unconflicted, events);
        state.Apply(powerEvents);

        // 3. Take all remaining events that weren't picked in step 1 and order them by the mainline ordering based on the power level in the
        //    partially resolved state obtained in step 2.
        var remaining = new Mainline(state[StateKey.PowerLevels], events).Sort(conflicted.Where(e => !selected.Contains(e.EventId)));

        // 4. Apply the iterative auth checks algorithm on the partial resolved state and the list of events from the previous step.
        state.Apply(remaining);

        // 5. Update the result by replacing any event with the event with the same key from the unconflicted state map, if such an event
        //    exists, to get the final resolved state.
        var result = input.Keys.ToDictionary(key => key, _ => (EventId?)null);
        foreach (var (key, pdu) in state.Changes)
        {
            if (input.Unconflicted(key) is null)
            {
                result[key] = pdu.EventId;
            }
        }

        return result;
    }

    private static Dictionary<EventId, Pdu> Find(IReadOnlySet<EventId> ids, IEventLookup events)
    {
        var found = new Dictionary<EventId, Pdu>(ids.Count);
        foreach (var id in ids)
        {
            if (events.Find(id) is { } pdu)
            {
                found[id] = pdu;
            }
        }

        return found;
    }
}
