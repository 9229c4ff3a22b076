using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>
/// Reverse topological power ordering: "the lexicographically smallest topological ordering based on the DAG formed by auth events", from
/// earliest to latest, by Kahn's algorithm.
/// </summary>
internal static class PowerOrder
{
    /// <param name="events">What is to be sorted.</param>
    /// <param name="between">Those and all events on paths between them: an event that stands on another comes after it, even where the path
    /// leads through events that are not sorted.</param>
    public static List<Pdu> Sort(IReadOnlySet<EventId> events, IReadOnlyDictionary<EventId, Pdu> between, IEventLookup lookup)
    {
        // How many auth events of each are still to come, and who waits for it.
        var waitsFor = new Dictionary<EventId, int>();
        var waiting = new Dictionary<EventId, List<Pdu>>();
        foreach (var (id, pdu) in between)
        {
            var before = pdu.AuthEvents.Where(between.ContainsKey).Distinct().ToArray();
            waitsFor[id] = before.Length;
            foreach (var cited in before)
            {
                if (!waiting.TryGetValue(cited, out var list))
                {
                    waiting[cited] = list = [];
                }

                list.Add(pdu);
            }
        }

        var sorted = new List<Pdu>(events.Count);
        var ready = new PriorityQueue<Pdu, Rank>();
        var passed = new Stack<Pdu>();
        foreach (var pdu in between.Values.Where(e => waitsFor[e.EventId] == 0))
        {
            Release(pdu);
        }

        while (true)
        {
            // An event in between only carries the order on: it never waits for its turn.
            if (!passed.TryPop(out var next))
            {
                // "at each step selecting, among all the candidate vertices, the smallest vertex"
                if (!ready.TryDequeue(out next, out _))
                {
                    break;
                }

                sorted.Add(next);
            }

            foreach (var pdu in waiting.GetValueOrDefault(next.EventId, []))
            {
                if (--waitsFor[pdu.EventId] == 0)
                {
                    Release(pdu);
                }
            }
        }

        // Events on a cycle, which room versions 1-2 let a sender write, never come up: no state is based on them.
        return sorted;

        void Release(Pdu pdu)
        {
            if (events.Contains(pdu.EventId))
            {
                ready.Enqueue(pdu, new Rank(EventGraph.SenderLevel(pdu, lookup), pdu.OriginServerTs, pdu.EventId));
            }
            else
            {
                passed.Push(pdu);
            }
        }
    }

    private readonly record struct Rank(long SenderLevel, long OriginServerTs, EventId EventId) : IComparable<Rank>
    {
        public int CompareTo(Rank other)
        {
            // x < y if x's sender has greater power level than y's sender, when looking at their respective auth_events; or
            var byLevel = other.SenderLevel.CompareTo(SenderLevel);
            if (byLevel != 0)
            {
                return byLevel;
            }

            // the senders have the same power level, but x's origin_server_ts is less than y's origin_server_ts; or
            var byTime = OriginServerTs.CompareTo(other.OriginServerTs);

            // … the same origin_server_ts, but x's event_id is less than y's event_id.
            return byTime != 0 ? byTime : EventId.CompareTo(other.EventId);
        }
    }
}
