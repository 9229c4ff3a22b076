using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>Rule 5.3: "If membership is join".</summary>
internal static class JoinRules
{
    public static Verdict Check(Pdu pdu, UserId target, AuthState room)
    {
        var version = pdu.Version;

        // 1. If the only previous event is an m.room.create and the state_key is the sender of the m.room.create, allow.
        //    (v1-v10: … and the state_key is the creator, allow.)
        if (pdu.PrevEvents is [var only] && only == room.Create.EventId && IsFirstMember(target, room.Create))
        {
            return Verdict.Allow;
        }

        // 2. If the sender does not match state_key, reject.
        if (pdu.Sender != target)
        {
            return Verdict.Reject("the sender joins for somebody else");
        }

        // 3. If the sender is banned, reject.
        var membership = room.MembershipOf(pdu.Sender);
        if (membership == Membership.Ban)
        {
            return Verdict.Reject("the sender is banned");
        }

        var rule = room.JoinRule();
        var isIn = membership is Membership.Invite or Membership.Join;

        // 4. If the join_rule is invite or knock then allow if membership state is invite or join. (knock: Knocking)
        if (rule == "invite" || (rule == "knock" && version.Knocking))
        {
            return isIn ? Verdict.Allow : Verdict.Reject("the sender is not invited");
        }

        // 5. If the join_rule is restricted or knock_restricted: (RestrictedJoin, KnockRestrictedJoin)
        if ((rule == "restricted" && version.RestrictedJoin) || (rule == "knock_restricted" && version.KnockRestrictedJoin))
        {
            // 5.1. If membership state is join or invite, allow.
            // 5.2. If the join_authorised_via_users_server key in content is not a user with sufficient permission to invite other users or
            //      is not a joined member of the room, reject.
            // 5.3. Otherwise, allow.
            return isIn || IsAuthorised(pdu, room)
                ? Verdict.Allow
                : Verdict.Reject("no user who may invite has authorised the join");
        }

        // 6. If the join_rule is public, allow.
        // 7. Otherwise, reject.
        return rule == "public" ? Verdict.Allow : Verdict.Reject("the join rule does not allow to join");
    }

    private static bool IsFirstMember(UserId target, Pdu create) =>
        create.Version.CreatorInContent ? create.ContentString("creator") == target.Value : create.Sender == target;

    private static bool IsAuthorised(Pdu pdu, AuthState room) =>
        pdu.Content.TryGetProperty("join_authorised_via_users_server", out var key) && MemberRules.TryReadUser(key, out var authoriser)
        && room.MembershipOf(authoriser) == Membership.Join
        && room.Levels.UserLevel(authoriser) >= room.Levels.Invite;
}
