using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>Rule 5.4: "If membership is invite".</summary>
internal static class InviteRules
{
    public static Verdict Check(Pdu pdu, UserId target, AuthState room)
    {
        // 1. If content has a third_party_invite property: …
        if (pdu.Content.TryGetProperty("third_party_invite", out var thirdParty))
        {
            return ThirdPartyInviteRules.Check(pdu, thirdParty, target, room);
        }

        // 2. If the sender's current membership state is not join, reject.
        if (room.MembershipOf(pdu.Sender) != Membership.Join)
        {
            return Verdict.Reject("the sender is not in the room");
        }

        // 3. If target user's current membership state is join or ban, reject.
        if (room.MembershipOf(target) is Membership.Join or Membership.Ban)
        {
            return Verdict.Reject("the user is in the room or banned");
        }

        // 4. If the sender's power level is greater than or equal to the invite level, allow.
        // 5. Otherwise, reject.
        return room.Levels.UserLevel(pdu.Sender) >= room.Levels.Invite ? Verdict.Allow : Verdict.Reject("the sender may not invite");
    }
}
