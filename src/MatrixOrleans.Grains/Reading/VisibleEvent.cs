using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Reading;

/// <summary>An event that its reader may see.</summary>
/// <param name="Stored">Its row.</param>
/// <param name="Pdu">The event as it is shown: pruned when it was redacted.</param>
/// <param name="Membership">The reader's membership at the event, for <c>unsigned.membership</c>; <c>null</c> where nobody asked.</param>
internal sealed record VisibleEvent(StoredEvent Stored, Pdu Pdu, Membership? Membership)
{
    public long RoomSeq => Stored.RoomSeq!.Value;
}
