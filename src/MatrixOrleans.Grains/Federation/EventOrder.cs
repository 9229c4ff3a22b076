using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Federation;

/// <summary>Puts events into an order in which none comes before what it refers to. Loops, which only hashes that were broken could make, are cut.</summary>
internal static class EventOrder
{
    /// <summary>By <c>prev_events</c>; otherwise as they came.</summary>
    public static List<Pdu> ByPrevEvents(IEnumerable<Pdu> events) => Sort(events, static pdu => pdu.PrevEvents);

    /// <summary>By <c>auth_events</c>; otherwise as they came.</summary>
    public static List<Pdu> ByAuthEvents(IEnumerable<Pdu> events) => Sort(events, static pdu => pdu.AuthEvents);

    private static List<Pdu> Sort(IEnumerable<Pdu> events, Func<Pdu, IReadOnlyList<EventId>> refersTo)
    {
        var all = events.DistinctBy(pdu => pdu.EventId).ToList();
        var byId = all.ToDictionary(pdu => pdu.EventId);
        var sorted = new List<Pdu>(all.Count);
        var seen = new HashSet<EventId>();
        var open = new Stack<(Pdu Pdu, bool Done)>();
        foreach (var first in all)
        {
            open.Push((first, false));
            while (open.TryPop(out var next))
            {
                if (next.Done)
                {
                    sorted.Add(next.Pdu);
                    continue;
                }

                if (!seen.Add(next.Pdu.EventId))
                {
                    continue;
                }

                open.Push((next.Pdu, true));
                foreach (var id in refersTo(next.Pdu))
                {
                    if (byId.TryGetValue(id, out var earlier) && !seen.Contains(id))
                    {
                        open.Push((earlier, false));
                    }
                }
            }
        }

        return sorted;
    }
}
