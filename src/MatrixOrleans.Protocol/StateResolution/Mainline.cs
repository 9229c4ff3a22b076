using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>The mainline ordering based on a power level event: how recent the power levels are that an event stands on.</summary>
internal sealed class Mainline
{
    /// <summary>The position of an event that stands on no event of the mainline.</summary>
    private const int Nowhere = int.MaxValue;

    private readonly IEventLookup _events;

    /// <summary>Positions of power level events: those of the mainline, and those found since.</summary>
    private readonly Dictionary<EventId, int> _positions = [];

    /// <param name="powerLevels">P₀; without one, no event has a position.</param>
    public Mainline(Pdu? powerLevels, IEventLookup events)
    {
        _events = events;

        // "repeatedly fetch Pᵢ₊₁, the m.room.power_levels event in the auth_events of Pᵢ"
        var next = powerLevels;
        while (next is not null && _positions.TryAdd(next.EventId, _positions.Count))
        {
            next = EventGraph.AuthEvent(next, StateKey.PowerLevels, events);
        }
    }

    /// <summary>From the smallest to the largest.</summary>
    public List<Pdu> Sort(IEnumerable<Pdu> events)
    {
        var sorted = events.Select(e => (Event: e, Position: PositionOf(e))).ToList();
        sorted.Sort(static (x, y) =>
        {
            // x < y if the mainline position of x is greater than the mainline position of y; or
            var byPosition = y.Position.CompareTo(x.Position);
            if (byPosition != 0)
            {
                return byPosition;
            }

            // the positions are the same, but x's origin_server_ts is less than y's; or … x's event_id is less than y's event_id.
            var byTime = x.Event.OriginServerTs.CompareTo(y.Event.OriginServerTs);
            return byTime != 0 ? byTime : x.Event.EventId.CompareTo(y.Event.EventId);
        });
        return sorted.ConvertAll(s => s.Event);
    }

    /// <summary>"Find the smallest index j ≥ 1 for which eⱼ belongs to the mainline of P": the event itself does not count.</summary>
    private int PositionOf(Pdu pdu)
    {
        var passed = new List<EventId>();
        var position = Nowhere;
        var next = EventGraph.AuthEvent(pdu, StateKey.PowerLevels, _events);
        while (next is not null && !_positions.TryGetValue(next.EventId, out position))
        {
            // A mark for the case that the chain comes back to here; the answer is written below.
            _positions[next.EventId] = Nowhere;
            passed.Add(next.EventId);
            position = Nowhere;
            next = EventGraph.AuthEvent(next, StateKey.PowerLevels, _events);
        }

        position = next is null ? Nowhere : position;
        foreach (var id in passed)
        {
            _positions[id] = position;
        }

        return position;
    }
}
