using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.StateResolution;

/// <summary>What the steps of resolution ask about single events.</summary>
internal static class EventGraph
{
    /// <summary>
    /// A power event is a state event with type m.room.power_levels or m.room.join_rules, or a state event with type m.room.member where the
    /// membership is leave or ban and the sender does not match the state_key.
    /// </summary>
    public static bool IsPowerEvent(Pdu pdu) => pdu switch
    {
        { StateKey: null } => false,
        { Type: EventTypes.PowerLevels or EventTypes.JoinRules } => true,
        { Type: EventTypes.Member } => MembershipText.Of(pdu) is Membership.Leave or Membership.Ban && pdu.Sender.Value != pdu.StateKey,
        _ => false,
    };

    /// <summary>The event with the key among the auth events of the event.</summary>
    public static Pdu? AuthEvent(Pdu pdu, StateKey key, IEventLookup events)
    {
        foreach (var id in pdu.AuthEvents)
        {
            if (events.Find(id) is { } cited && cited.Is(key.Type, key.Key))
            {
                return cited;
            }
        }

        return null;
    }

    /// <summary>The create event that the event refers to: among its auth events, by its room id since room version 12.</summary>
    public static Pdu? CreateEvent(Pdu pdu, IEventLookup events) =>
        pdu.Version.RoomIdIsCreateHash ? events.Find(pdu.RoomId.CreateEvent()) : AuthEvent(pdu, StateKey.Create, events);

    /// <summary>The power level of the event's sender, "when looking at their respective auth_events".</summary>
    public static long SenderLevel(Pdu pdu, IEventLookup events) =>
        PowerLevels.Of(CreateEvent(pdu, events), AuthEvent(pdu, StateKey.PowerLevels, events)).UserLevel(pdu.Sender);
}
