using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>Rule 3: "Considering the event's auth_events".</summary>
internal static class AuthEventRules
{
    public static Verdict Check(Pdu pdu, IReadOnlyList<Pdu> authEvents, Func<Pdu, bool> isRejected)
    {
        // A create event is decided by rule 1 alone.
        if (pdu.Type == EventTypes.Create)
        {
            return Verdict.Allow;
        }

        if (authEvents.Count != pdu.AuthEvents.Length)
        {
            return Verdict.Reject("an event in auth_events is not known");
        }

        var selected = AuthEventSelection.Keys(pdu);
        var hasCreate = false;
        for (var i = 0; i < authEvents.Count; i++)
        {
            var entry = authEvents[i];

            // If there are duplicate entries for a given type and state_key pair, reject.
            for (var earlier = 0; earlier < i; earlier++)
            {
                if (authEvents[earlier].Key == entry.Key)
                {
                    return Verdict.Reject("auth_events has two entries for one type and state_key");
                }
            }

            // If there are entries whose type and state_key don't match those specified by the auth events selection algorithm described in
            // the server specification, reject. (Since v12 m.room.create is not selected.)
            if (entry.Key is not { } key || !selected.Contains(key))
            {
                return Verdict.Reject("auth_events has an entry that does not belong there");
            }

            // If there are entries which were themselves rejected under the checks performed on receipt of a PDU, reject.
            if (isRejected(entry))
            {
                return Verdict.Reject("auth_events has a rejected entry");
            }

            // If any event in auth_events has a room_id which does not match that of the event being authorised, reject.
            if (entry.RoomId != pdu.RoomId)
            {
                return Verdict.Reject("auth_events has an entry of another room");
            }

            hasCreate |= key == StateKey.Create;
        }

        // v1-v11: If there is no m.room.create event among the entries, reject.
        return hasCreate || pdu.Version.RoomIdIsCreateHash
            ? Verdict.Allow
            : Verdict.Reject("auth_events has no m.room.create event");
    }
}
