using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;
using MatrixOrleans.Storage.State;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>Purging of history and collection of unused state.</summary>
public sealed class RoomUpkeep
{
    internal RoomUpkeep(SqlSource source, LogWriter writer, StateStore states)
    {
    }
}
