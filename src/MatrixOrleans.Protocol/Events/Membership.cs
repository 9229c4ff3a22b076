using System.Text.Json;

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
    public static Membership Of(Pdu? member) => member is null ? Membership.None : OfContent(member.Content);

    /// <summary>The membership in the content of a member event. Makes no strings: every authorization reads it.</summary>
    public static Membership OfContent(JsonElement content)
    {
        if (!content.TryGetProperty("membership"u8, out var text) || text.ValueKind != JsonValueKind.String)
        {
            return Membership.None;
        }

        return text.ValueEquals("join"u8) ? Membership.Join
            : text.ValueEquals("leave"u8) ? Membership.Leave
            : text.ValueEquals("invite"u8) ? Membership.Invite
            : text.ValueEquals("ban"u8) ? Membership.Ban
            : text.ValueEquals("knock"u8) ? Membership.Knock
            : Membership.None;
    }

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
