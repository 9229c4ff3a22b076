using MatrixOrleans.Contracts.Rooms;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>
/// The newest committed version of a room. Moved on by the commit itself, before any sync hears of it: whoever was shown an event finds it
/// when reading the room next. Any thread may call it.
/// </summary>
internal sealed class CommittedRoom
{
    private RoomSnapshot? _value;

    /// <summary><c>null</c> while nothing of the room is committed.</summary>
    public RoomSnapshot? Value => Volatile.Read(ref _value);

    /// <summary>Takes a version unless a newer one is known.</summary>
    public void Advance(RoomSnapshot committed)
    {
        for (var known = Value; known is null || known.Version < committed.Version; known = Value)
        {
            if (ReferenceEquals(Interlocked.CompareExchange(ref _value, committed, known), known))
            {
                return;
            }
        }
    }
}
