using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>What making one sliding-sync answer takes.</summary>
/// <param name="Sync">Who asks, up to where, whom they ignore.</param>
/// <param name="Told">What the connection was told before.</param>
/// <param name="Keys">What the device's key supply looks like.</param>
internal sealed record SlidingContext(
    SyncContext Sync,
    SlidingBody Body,
    SlidingState Told,
    KeyCounts Keys,
    UserRooms Rooms,
    RoomTraits Traits,
    RoomActivity Activity,
    UnreadCounts Unread,
    ToDeviceInbox Inbox,
    RoomWindows Windows,
    Database Database,
    Tail Tail)
{
    /// <summary>The connection was told everything up to here; -1 for nothing.</summary>
    public long After => Told.LogPosition;

    public long Upto => Sync.Upto;

    /// <summary>What happened since can be read from memory.</summary>
    public bool IsInTail => After >= Tail.Start && !Told.IsNew;
}
