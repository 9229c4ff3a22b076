using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>Rule 5: "If type is m.room.member".</summary>
internal static class MemberRules
{
    public static Verdict Check(Pdu pdu, AuthState room, AuthContext context)
    {
        // 1. If there is no state_key property, or no membership property in content, reject.
        if (pdu.StateKey is null || !pdu.Content.TryGetProperty("membership", out _))
        {
            return Verdict.Reject("m.room.member without state_key or membership");
        }

        // NOTSPEC: a member that is no user ID is refused, as everything that reads members takes user IDs.
        if (!UserId.TryParse(pdu.StateKey, out var target))
        {
            return Verdict.Reject("state_key is no user ID");
        }

        // 2. If content has a join_authorised_via_users_server key: if the event is not validly signed by the homeserver of the user ID
        //    denoted by the key, reject. (RestrictedJoin)
        if (pdu.Version.RestrictedJoin && pdu.Content.TryGetProperty("join_authorised_via_users_server", out var key)
            && !(TryReadUser(key, out var authoriser) && context.SignedBy(pdu, authoriser.ServerName)))
        {
            return Verdict.Reject("not signed by the server of join_authorised_via_users_server");
        }

        return MembershipText.Of(pdu) switch
        {
            // 3. If membership is join: …
            Membership.Join => JoinRules.Check(pdu, target, room),

            // 4. If membership is invite: …
            Membership.Invite => InviteRules.Check(pdu, target, room),

            // 5. If membership is leave: …
            Membership.Leave => CheckLeave(pdu, target, room),

            // 6. If membership is ban: …
            Membership.Ban => CheckBan(pdu, target, room),

            // 7. If membership is knock: … (Knocking)
            Membership.Knock when pdu.Version.Knocking => CheckKnock(pdu, room),

            // 8. Otherwise, the membership is unknown. Reject.
            _ => Verdict.Reject("unknown membership"),
        };
    }

    public static bool TryReadUser(JsonElement element, out UserId user)
    {
        user = default;
        return element.ValueKind == JsonValueKind.String && UserId.TryParse(element.GetString(), out user);
    }

    private static Verdict CheckLeave(Pdu pdu, UserId target, AuthState room)
    {
        // 1. If the sender matches state_key, allow if and only if that user's current membership state is invite, join, or knock.
        //    (knock: Knocking)
        if (pdu.Sender == target)
        {
            var own = room.MembershipOf(target);
            return own is Membership.Invite or Membership.Join || (own == Membership.Knock && pdu.Version.Knocking)
                ? Verdict.Allow
                : Verdict.Reject("the sender has nothing to leave");
        }

        // 2. If the sender's current membership state is not join, reject.
        if (room.MembershipOf(pdu.Sender) != Membership.Join)
        {
            return Verdict.Reject("the sender is not in the room");
        }

        // 3. If the target user's current membership state is ban, and the sender's power level is less than the ban level, reject.
        var senderLevel = room.Levels.UserLevel(pdu.Sender);
        if (senderLevel < room.Levels.Ban && room.MembershipOf(target) == Membership.Ban)
        {
            return Verdict.Reject("the sender may not unban");
        }

        // 4. If the sender's power level is greater than or equal to the kick level, and the target user's power level is less than the
        //    sender's power level, allow.
        // 5. Otherwise, reject.
        return senderLevel >= room.Levels.Kick && room.Levels.UserLevel(target) < senderLevel
            ? Verdict.Allow
            : Verdict.Reject("the sender may not kick this user");
    }

    private static Verdict CheckBan(Pdu pdu, UserId target, AuthState room)
    {
        // 1. If the sender's current membership state is not join, reject.
        if (room.MembershipOf(pdu.Sender) != Membership.Join)
        {
            return Verdict.Reject("the sender is not in the room");
        }

        // 2. If the sender's power level is greater than or equal to the ban level, and the target user's power level is less than the
        //    sender's power level, allow.
        // 3. Otherwise, reject.
        var senderLevel = room.Levels.UserLevel(pdu.Sender);
        return senderLevel >= room.Levels.Ban && room.Levels.UserLevel(target) < senderLevel
            ? Verdict.Allow
            : Verdict.Reject("the sender may not ban this user");
    }

    private static Verdict CheckKnock(Pdu pdu, AuthState room)
    {
        // 1. If the join_rule is anything other than knock or knock_restricted, reject. (knock_restricted: KnockRestrictedJoin)
        var rule = room.JoinRule();
        if (rule != "knock" && !(rule == "knock_restricted" && pdu.Version.KnockRestrictedJoin))
        {
            return Verdict.Reject("the join rule does not allow to knock");
        }

        // 2. If sender does not match state_key, reject.
        if (pdu.Sender.Value != pdu.StateKey)
        {
            return Verdict.Reject("the sender knocks for somebody else");
        }

        // 3. If the sender's current membership is not ban, invite, or join, allow.
        // 4. Otherwise, reject.
        return room.MembershipOf(pdu.Sender) is Membership.Ban or Membership.Invite or Membership.Join
            ? Verdict.Reject("the sender is banned, invited or joined")
            : Verdict.Allow;
    }
}
