using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>A known event and how it stands.</summary>
/// <param name="StateBefore">Root; 0 where there is none.</param>
/// <param name="StateAfter">Root; 0 where there is none.</param>
internal sealed record Place(long Nid, Pdu Pdu, EventClass Class, long StateBefore, long StateAfter, long? RoomSeq)
{
    /// <summary>Whether the state of the room after the event is known: then other events can follow it.</summary>
    public bool HasState => StateAfter != 0 && Class != EventClass.Outlier;
}
