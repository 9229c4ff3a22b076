using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Visibility;

/// <summary>What decides whether a user may see an event: the state of the room at the event, and whether he joined later.</summary>
/// <remarks>
/// "Before" is the state that the event met, "after" the one that it left. They differ only for the two kinds of events that change what is asked here:
/// the room's history visibility and the user's own membership. Either state that allows is enough.
/// </remarks>
/// <param name="Before">The history visibility before the event.</param>
/// <param name="After">The history visibility after the event.</param>
/// <param name="MembershipBefore">The user's membership before the event.</param>
/// <param name="MembershipAfter">The user's membership after the event.</param>
/// <param name="JoinedLater">Whether the user joined the room at any point after the event, however he stands to it now.</param>
public readonly record struct EventVisibility(
    HistoryVisibility Before, HistoryVisibility After, Membership MembershipBefore, Membership MembershipAfter, bool JoinedLater)
{
    /// <summary>For most events: one that changes neither the history visibility nor the user's membership.</summary>
    public EventVisibility(HistoryVisibility visibility, Membership membership, bool joinedLater)
        : this(visibility, visibility, membership, membership, joinedLater)
    {
    }

    /// <summary>Puts together what decides, from the event and the state before it.</summary>
    /// <param name="visibilityBefore">The <c>m.room.history_visibility</c> in the state before the event.</param>
    /// <param name="memberBefore">The user's <c>m.room.member</c> in the state before the event.</param>
    public static EventVisibility Of(Pdu pdu, UserId user, Pdu? visibilityBefore, Pdu? memberBefore, bool joinedLater)
    {
        var visibility = HistoryVisibilityText.Of(visibilityBefore);
        var membership = MembershipText.Of(memberBefore);
        return new EventVisibility(
            visibility,
            pdu.Is(EventTypes.HistoryVisibility, "") ? HistoryVisibilityText.Of(pdu) : visibility,
            membership,
            pdu.Is(EventTypes.Member, user.Value) ? MembershipText.Of(pdu) : membership,
            joinedLater);
    }

    /// <summary>The user's membership at the event with what the event changes, for <c>unsigned.membership</c>.</summary>
    public Membership Membership => MembershipAfter;

    /// <summary>Whether the user may see the event (Client-Server API, "Room History Visibility", server behaviour).</summary>
    public bool Allows =>
        Allow(Before, MembershipBefore, JoinedLater)
        || (After != Before && Allow(After, MembershipBefore, JoinedLater))
        || (MembershipAfter != MembershipBefore && Allow(Before, MembershipAfter, JoinedLater));

    /// <summary>The five rules, by their numbers.</summary>
    private static bool Allow(HistoryVisibility visibility, Membership membership, bool joinedLater)
    {
        // 1. The history was world readable.
        if (visibility == HistoryVisibility.WorldReadable)
        {
            return true;
        }

        // 2. The user was joined.
        if (membership == Events.Membership.Join)
        {
            return true;
        }

        // 3. The history was shared, and the user joined at any point after the event was sent.
        if (visibility == HistoryVisibility.Shared && joinedLater)
        {
            return true;
        }

        // 4. The user was invited, and invited users were to see. 5. Otherwise not.
        return membership == Events.Membership.Invite && visibility == HistoryVisibility.Invited;
    }
}
