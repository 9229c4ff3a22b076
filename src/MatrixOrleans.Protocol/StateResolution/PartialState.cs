using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>A room state under construction: the changes of the resolution so far over the state that it started from.</summary>
internal sealed class PartialState(Func<StateKey, EventId?> start, IEventLookup events)
{
    private readonly Dictionary<StateKey, Pdu> _changes = [];

    public IReadOnlyDictionary<StateKey, Pdu> Changes => _changes;

    public Pdu? this[StateKey key] =>
        _changes.TryGetValue(key, out var changed) ? changed : start(key) is { } id ? events.Find(id) : null;

    /// <summary>
    /// The iterative auth checks algorithm: "iterating through the event list and applying the state event to the room state if the state
    /// event is allowed by the authorisation rules. If the state event is not allowed …, then the event is ignored."
    /// </summary>
    public void Apply(IEnumerable<Pdu> sorted)
    {
        foreach (var pdu in sorted)
        {
            if (AuthRules.CheckAgainstState(pdu, key => this[key] ?? OwnAuthEvent(pdu, key), AuthContext.SignaturesChecked).Allowed)
            {
                _changes[pdu.Key!.Value] = pdu;
            }
        }
    }

    /// <summary>
    /// "If a (event_type, state_key) key that is required for checking the authorisation rules is not present in the state, then the
    /// appropriate state event from the event's auth_events is used if the auth event is not rejected."
    /// </summary>
    private Pdu? OwnAuthEvent(Pdu pdu, StateKey key)
    {
        var own = key == StateKey.Create ? EventGraph.CreateEvent(pdu, events) : EventGraph.AuthEvent(pdu, key, events);
        return own is not null && !events.IsRejected(own.EventId) ? own : null;
    }
}
