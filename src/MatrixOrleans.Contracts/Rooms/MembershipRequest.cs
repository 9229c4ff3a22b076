using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>What somebody wants to do with a membership.</summary>
public enum MembershipAction
{
    Join = 1,
    Leave = 2,
    Invite = 3,
    Kick = 4,
    Ban = 5,
    Unban = 6,
    Knock = 7,
}

/// <summary>A change of membership that a local user asked for.</summary>
[GenerateSerializer, Immutable, Alias("MembershipRequest")]
public sealed record MembershipRequest
{
    [Id(0)]
    public required MembershipAction Action { get; init; }

    [Id(1)]
    public required UserId Sender { get; init; }

    /// <summary>The user whose membership changes; the sender for join, leave and knock.</summary>
    [Id(2)]
    public required UserId Target { get; init; }

    [Id(3)]
    public string? Reason { get; init; }

    /// <summary>Further members of the event's content as one JSON object, e.g. <c>{"is_direct":true}</c>; UTF-8.</summary>
    [Id(4)]
    public ReadOnlyMemory<byte>? ExtraContent { get; init; }

    /// <summary>The target's display name and avatar, when the event shall carry them.</summary>
    [Id(5)]
    public string? DisplayName { get; init; }

    [Id(6)]
    public string? AvatarUrl { get; init; }

    /// <summary>The sender is a guest: only rooms that let guests in (<c>m.room.guest_access</c>).</summary>
    [Id(7)]
    public bool IsGuest { get; init; }

    /// <summary>A join that only shows a changed profile: M_FORBIDDEN for a user who is not (any more) in the room.</summary>
    [Id(8)]
    public bool OnlyIfJoined { get; init; }
}
