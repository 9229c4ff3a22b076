namespace MatrixOrleans.Protocol.Events;

/// <summary>Members of an <c>m.room.member</c> content that the server itself gives a meaning to.</summary>
public static class MembershipContent
{
    /// <summary>Of a ban or kick: what the user sent is to be redacted (MSC4293).</summary>
    public const string RedactEvents = "org.matrix.msc4293.redact_events";
}
