using System.Collections.Immutable;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>An event that no other event of ours has as its predecessor yet.</summary>
/// <param name="Hash">Reference hash; in room versions 1-2 only.</param>
/// <param name="StateAfter">Root of the state after it.</param>
internal sealed record Extremity(long Nid, EventId Id, long Depth, byte[]? Hash, long StateAfter);

/// <summary>Where a room stands after its newest entry; a new value for every entry.</summary>
/// <param name="Version">Number of entries so far; the fence of the next one.</param>
/// <param name="RoomSeq">Number of events in the timeline so far.</param>
/// <param name="CurrentState">Root of the current state.</param>
internal sealed record RoomHead(
    long Version,
    long RoomSeq,
    long CurrentState,
    ImmutableArray<Extremity> Extremities,
    int JoinedCount,
    int InvitedCount)
{
    public static readonly RoomHead Empty = new(0, 0, 0, [], 0, 0);

    /// <summary>The lowest <c>room_seq</c> in use; 1 without backfilled history.</summary>
    public long FirstRoomSeq { get; init; } = 1;

    /// <summary>Depth of an event on top of this head; it stops at what canonical JSON can hold.</summary>
    public long NextDepth => Extremities.IsEmpty ? 1 : Math.Min(Extremities.Max(e => e.Depth) + 1, (1L << 53) - 1);
}
