using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>
/// The authorization rules of all room versions (Room Versions, "Authorization rules"). Each step stands under its text; numbers are those
/// of room version 12, and a step that is not of all versions names its flag of <see cref="Rooms.RoomVersion"/>.
/// </summary>
public static class AuthRules
{
    /// <summary>
    /// Rule 3, the event's <c>auth_events</c> as a list: duplicates, entries that do not belong, rejected ones, no create event,
    /// another room. Whether they allow the event is for <see cref="CheckAgainstState"/>, with the state that they make.
    /// </summary>
    /// <param name="authEvents">The events that the event cites. Fewer than it cites, and it is refused.</param>
    /// <param name="isRejected">Whether an entry was itself rejected when it was received.</param>
    public static Verdict CheckAuthEvents(Pdu pdu, IReadOnlyList<Pdu> authEvents, Func<Pdu, bool> isRejected) =>
        AuthEventRules.Check(pdu, authEvents, isRejected);

    /// <summary>
    /// Whether the event is allowed by its own auth events: rule 3 and all others, with the state that the auth events make
    /// (Server-Server API, "Checks performed on receipt of a PDU", step 4).
    /// </summary>
    /// <param name="create">The room's create event, which is no auth event since room version 12; <c>null</c> when it is not known.</param>
    public static Verdict CheckAgainstAuthEvents(
        Pdu pdu, IReadOnlyList<Pdu> authEvents, Pdu? create, Func<Pdu, bool> isRejected, AuthContext context)
    {
        var structure = CheckAuthEvents(pdu, authEvents, isRejected);
        if (!structure.Allowed)
        {
            return structure;
        }

        var fromRoomId = pdu.Version.RoomIdIsCreateHash && create is not null && !isRejected(create) ? create : null;
        return CheckAgainstState(pdu, key => Find(authEvents, key) ?? (key == StateKey.Create ? fromRoomId : null), context);
    }

    /// <summary>All rules but those about the list of auth events, by a state of the room.</summary>
    /// <param name="state">The state event with a key, or <c>null</c>. Asked only for what the rules need; rejected events are no state.</param>
    public static Verdict CheckAgainstState(Pdu pdu, Func<StateKey, Pdu?> state, AuthContext context)
    {
        var version = pdu.Version;

        // 1. If type is m.room.create: …
        if (pdu.Type == EventTypes.Create)
        {
            return CreateRules.Check(pdu);
        }

        // 2. If the event's room_id is not an event ID for an accepted (not rejected) m.room.create event, with the sigil ! instead of $,
        //    reject. (RoomIdIsCreateHash; in other versions the create event is among the auth events or the event is rejected.)
        if (state(StateKey.Create) is not { } create)
        {
            return Verdict.Reject("the room has no m.room.create event");
        }

        if (version.RoomIdIsCreateHash && !create.EventId.Value.AsSpan(1).SequenceEqual(pdu.RoomId.Value.AsSpan(1)))
        {
            return Verdict.Reject("room_id is not the ID of the m.room.create event");
        }

        // 4. If the content of the m.room.create event in the room state has the property m.federate set to false, and the sender domain
        //    of the event does not match the sender domain of the create event, reject.
        if (create.Content.TryGetProperty("m.federate", out var federate) && federate.ValueKind == JsonValueKind.False
            && !pdu.Sender.ServerNameSpan.SequenceEqual(create.Sender.ServerNameSpan))
        {
            return Verdict.Reject("the room does not federate");
        }

        // v1-v5: 4. If type is m.room.aliases: (AliasesSpecialCased)
        if (version.AliasesSpecialCased && pdu.Type == EventTypes.Aliases)
        {
            return CheckAliases(pdu);
        }

        var room = new AuthState(state, create);

        // 5. If type is m.room.member: …
        if (pdu.Type == EventTypes.Member)
        {
            return MemberRules.Check(pdu, room, context);
        }

        // 6. If the sender's current membership state is not join, reject.
        if (room.MembershipOf(pdu.Sender) != Membership.Join)
        {
            return Verdict.Reject("the sender is not in the room");
        }

        var senderLevel = room.Levels.UserLevel(pdu.Sender);

        // 7. If type is m.room.third_party_invite: allow if and only if sender's current power level is greater than or equal to the
        //    invite level.
        if (pdu.Type == EventTypes.ThirdPartyInvite)
        {
            return senderLevel >= room.Levels.Invite ? Verdict.Allow : Verdict.Reject("the sender may not invite");
        }

        // 8. If the event type's required power level is greater than the sender's power level, reject.
        if (room.Levels.RequiredFor(pdu.Type, pdu.IsState) > senderLevel)
        {
            return Verdict.Reject("the sender may not send events of this type");
        }

        // 9. If the event has a state_key that starts with an @ and does not match the sender, reject.
        if (pdu.StateKey is ['@', ..] && pdu.StateKey != pdu.Sender.Value)
        {
            return Verdict.Reject("state_key is another user's ID");
        }

        // 10. If type is m.room.power_levels: …
        if (pdu.Type == EventTypes.PowerLevels)
        {
            return PowerLevelRules.Check(pdu, room, senderLevel);
        }

        // v1-v2: 11. If type is m.room.redaction: … (RedactionRightInAuthRules)
        if (version.RedactionRightInAuthRules && pdu.Type == EventTypes.Redaction)
        {
            return CheckRedaction(pdu, room, senderLevel);
        }

        // 11. Otherwise, allow.
        return Verdict.Allow;
    }

    private static Verdict CheckAliases(Pdu pdu)
    {
        // If event has no state_key, reject.
        if (pdu.StateKey is null)
        {
            return Verdict.Reject("m.room.aliases without state_key");
        }

        // If sender's domain doesn't match state_key, reject. Otherwise, allow.
        return pdu.Sender.ServerNameSpan.SequenceEqual(pdu.StateKey)
            ? Verdict.Allow
            : Verdict.Reject("state_key is not the sender's domain");
    }

    private static Verdict CheckRedaction(Pdu pdu, AuthState room, long senderLevel)
    {
        // If the sender's power level is greater than or equal to the redact level, allow.
        if (senderLevel >= room.Levels.Redact)
        {
            return Verdict.Allow;
        }

        // If the domain of the event_id of the event being redacted is the same as the domain of the event_id of the m.room.redaction, allow.
        // Otherwise, reject.
        return pdu.Redacts is { } target && Domain(target).SequenceEqual(Domain(pdu.EventId)) && !Domain(target).IsEmpty
            ? Verdict.Allow
            : Verdict.Reject("the sender may not redact this event");
    }

    private static ReadOnlySpan<char> Domain(EventId id)
    {
        var colon = id.Value.IndexOf(':');
        return colon < 0 ? [] : id.Value.AsSpan(colon + 1);
    }

    private static Pdu? Find(IReadOnlyList<Pdu> events, StateKey key)
    {
        foreach (var candidate in events)
        {
            if (candidate.Is(key.Type, key.Key))
            {
                return candidate;
            }
        }

        return null;
    }
}
