using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>
/// Step 1, first half: "Select the set X of all power events that appear in the full conflicted set. For each such power event P, enlarge X
/// by adding the events in the auth chain of P which also belong to the full conflicted set."
/// </summary>
internal static class PowerEventSelection
{
    /// <param name="between">The paths between the events of the full conflicted set; chains lead through events that are not in it.</param>
    public static HashSet<EventId> Select(IReadOnlyCollection<Pdu> fullConflictedSet, IReadOnlyDictionary<EventId, Pdu> between)
    {
        var belongs = fullConflictedSet.Select(e => e.EventId).ToHashSet();
        var open = new Stack<Pdu>(fullConflictedSet.Where(EventGraph.IsPowerEvent));
        var selected = open.Select(e => e.EventId).ToHashSet();
        var seen = new HashSet<EventId>(selected);
        while (open.TryPop(out var pdu))
        {
            foreach (var id in pdu.AuthEvents)
            {
                if (between.TryGetValue(id, out var cited) && seen.Add(id))
                {
                    open.Push(cited);
                    if (belongs.Contains(id))
                    {
                        selected.Add(id);
                    }
                }
            }
        }

        return selected;
    }
}
