using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Log;

/// <summary>What is in memory of a room, and who waits for it.</summary>
internal sealed class RoomTail
{
    public readonly PositionList<TailEntry> Entries = new();
    public readonly PositionList<ReceiptSet> Receipts = new();
    public readonly HashSet<SyncSubscriber> Subscribers = [];
    public bool WakeUpDue;

    /// <summary>The commit that signalled the room last; one signal tells of all its entries.</summary>
    public long SignalledBy;

    public bool IsEmpty => Entries.IsEmpty && Receipts.IsEmpty && Subscribers.Count == 0;
}

/// <summary>What is in memory of a user's own rows and memberships, and the user's waiting syncs.</summary>
internal sealed class UserTail
{
    public readonly PositionList<UserEntry> Entries = new();
    public readonly PositionList<MemberChange> Memberships = new();
    public readonly HashSet<SyncSubscriber> Subscribers = [];

    public bool IsEmpty => Entries.IsEmpty && Memberships.IsEmpty && Subscribers.Count == 0;
}
