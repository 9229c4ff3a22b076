using MatrixOrleans.Contracts.Ephemeral;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Ephemeral;

/// <summary>Hears on a silo what happens in rooms and is not kept, so that waiting syncs can be answered. Must be quick and must not throw.</summary>
public interface IEphemeralListener
{
    /// <summary>The list of those who type in a room changed.</summary>
    void TypingChanged(RoomId room, TypingView view);
}
