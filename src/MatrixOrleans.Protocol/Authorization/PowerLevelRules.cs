using MatrixOrleans.Protocol.Events;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>Rule 10: "If type is m.room.power_levels".</summary>
internal static class PowerLevelRules
{
    public static Verdict Check(Pdu pdu, AuthState room, long senderLevel)
    {
        // 1. If any of the properties users_default, events_default, state_default, ban, redact, kick, or invite in content are present
        //    and not an integer, reject.
        // 2. If either of the properties events or notifications in content are present and not an object with values that are integers,
        //    reject.
        // 3. If the users property in content is not an object with keys that are valid user IDs with values that are integers, reject.
        // (v1-v9: integers may be strings. Steps 1 and 2 are written down since v10; before, a value that is neither has no meaning and is
        // refused as well.)
        var next = PowerLevelContent.Of(pdu);
        if (next.Fault is not null)
        {
            return Verdict.Reject(next.Fault);
        }

        // 4. If the users property in content contains the sender of the m.room.create event or any of the additional_creators array
        //    (if present) from the content of the m.room.create event, reject. (PrivilegedCreators)
        if (pdu.Version.PrivilegedCreators && room.Levels.Creators.Any(creator => next.Users.ContainsKey(creator.Value)))
        {
            return Verdict.Reject("users names a creator of the room");
        }

        // 5. If there is no previous m.room.power_levels event in the room, allow.
        if (room.PowerLevelEvent is null)
        {
            return Verdict.Allow;
        }

        var current = PowerLevelContent.Of(room.PowerLevelEvent);

        // 6. For the properties users_default, events_default, state_default, ban, redact, kick, invite check if they were added, changed
        //    or removed. For each found alteration: if the current value is higher than the sender's current power level, reject; if the
        //    new value is higher than the sender's current power level, reject.
        for (var i = 0; i < PowerLevelContent.Names.Length; i++)
        {
            if (current.Named[i] != next.Named[i] && (current.Named[i] > senderLevel || next.Named[i] > senderLevel))
            {
                return Verdict.Reject("a changed level is above the sender's");
            }
        }

        // 7. For each entry being changed in, or removed from, the events or notifications properties: if the current value is greater than
        //    the sender's current power level, reject.
        // 8. For each entry being added to, or changed in, the events or notifications properties: if the new value is greater than the
        //    sender's current power level, reject. (notifications: NotificationLevelsChecked)
        if (Alters(current.Events, next.Events, senderLevel, null)
            || (pdu.Version.NotificationLevelsChecked && Alters(current.Notifications, next.Notifications, senderLevel, null)))
        {
            return Verdict.Reject("a changed level of an event type or notification is above the sender's");
        }

        // 9. For each entry being changed in, or removed from, the users property, other than the sender's own entry: if the current value
        //    is greater than or equal to the sender's current power level, reject.
        // 10. For each entry being added to, or changed in, the users property: if the new value is greater than the sender's current power
        //     level, reject.
        // 11. Otherwise, allow.
        return Alters(current.Users, next.Users, senderLevel, pdu.Sender.Value)
            ? Verdict.Reject("a changed level of a user is not below the sender's")
            : Verdict.Allow;
    }

    /// <summary>Whether an entry was changed that the sender's level does not reach.</summary>
    /// <param name="self">For <c>users</c>, the sender: everybody else's current level must be below the sender's, not only no higher.</param>
    private static bool Alters(Dictionary<string, long> current, Dictionary<string, long> next, long senderLevel, string? self)
    {
        foreach (var (key, old) in current)
        {
            var changed = !next.TryGetValue(key, out var level) || level != old;
            if (changed && (self is null ? old > senderLevel : key != self && old >= senderLevel))
            {
                return true;
            }
        }

        foreach (var (key, level) in next)
        {
            var changed = !current.TryGetValue(key, out var old) || old != level;
            if (changed && level > senderLevel)
            {
                return true;
            }
        }

        return false;
    }
}
