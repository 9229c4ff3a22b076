using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Reading;

/// <summary>What one request reads a room with.</summary>
internal sealed class RoomRead
{
    public RoomRead(Database database, RoomView view, RoomStates states, TimeProvider time)
    {
        (View, States) = (view, states);
        Gate = new EventGate(view, states, new ErasedUsers(database));
        Writer = new EventWriter(database, view, states, Gate, time);
    }

    public RoomView View { get; }

    public RoomStates States { get; }

    public EventGate Gate { get; }

    public EventWriter Writer { get; }
}
