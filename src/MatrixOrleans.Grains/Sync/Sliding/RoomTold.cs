using System.Collections.Immutable;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Sync.Sliding;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>What a sliding-sync connection was told of one room. Immutable.</summary>
internal sealed record RoomTold
{
    /// <summary>Everything up to the position of the connection was told.</summary>
    public const long Live = long.MaxValue;

    /// <summary>Nothing was told.</summary>
    public const long Never = -1;

    public required Membership Membership { get; init; }

    /// <summary>Of the membership: another one means that the user came again.</summary>
    public required long MembershipPosition { get; init; }

    /// <summary>Up to where the room itself was told, when something happened in it since that was not.</summary>
    public long RoomUpto { get; init; } = Live;

    /// <summary>The same for its receipts.</summary>
    public long ReceiptsUpto { get; init; } = Never;

    /// <summary>The same for the user's account data about it.</summary>
    public long AccountDataUpto { get; init; } = Never;

    /// <summary>State of these rules was told; the timeline had so many of the newest events, without a gap.</summary>
    public required RoomConfig Config { get; init; }

    public bool IsDm { get; init; }

    public int Notifications { get; init; }

    public int Highlights { get; init; }

    public long BumpStamp { get; init; }

    /// <summary>Users whose member events the client was given because the timeline needed them.</summary>
    public ImmutableHashSet<string> Members { get; init; } = [];

    /// <summary>Where to go on from: the place itself, or the connection's.</summary>
    public static long From(long told, long connection) => told == Live ? connection : told;
}
