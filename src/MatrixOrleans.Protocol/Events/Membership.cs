namespace MatrixOrleans.Protocol.Events;

/// <summary>The <c>membership</c> of an <c>m.room.member</c> event.</summary>
public enum Membership : byte
{
    /// <summary>No member event, or one with an unknown membership.</summary>
    None = 0,
    Invite = 1,
    Join = 2,
    Knock = 3,
    Leave = 4,
    Ban = 5,
}

public static class MembershipText
{
    public static Membership Parse(string? text) => text switch
    {
        "invite" => Membership.Invite,
        "join" => Membership.Join,
        "knock" => Membership.Knock,
        "leave" => Membership.Leave,
        "ban" => Membership.Ban,
        _ => Membership.None,
    };

    /// <summary>The membership that a member event states; <see cref="Membership.None"/> without an event.</summary>
    public static Membership Of(Pdu? member) => Parse(member?.ContentString("membership"));

    /// <summary>The spec's word; <c>leave</c> for none, as auth rules treat it.</summary>
    public static string Text(this Membership membership) => membership switch
    {
        Membership.Invite => "invite",
        Membership.Join => "join",
        Membership.Knock => "knock",
        Membership.Ban => "ban",
        _ => "leave",
    };
}
