using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Storage.State;

/// <summary>
/// Two state keys of a room with one 64-bit hash would overwrite each other. Whoever builds a delta knows what he thinks was there before; the trie
/// says what is. Where they differ the unit is refused, so that a collision costs one event and never corrupts a state.
/// </summary>
internal static class Collision
{
    public static bool In(RoomAppend room, StateStore states, long currentState)
    {
        var before = currentState;
        foreach (var entry in room.Entries)
        {
            foreach (var delta in entry.Deltas)
            {
                if (states.Contradicts(room.RoomNid, before, delta))
                {
                    return true;
                }
            }

            before = entry.CurrentState;
        }

        return false;
    }
}
