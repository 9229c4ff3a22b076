using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Users;

/// <summary>Makes the row that tells who shares a room with a user that the user's devices or keys changed.</summary>
internal static class DeviceListRows
{
    public static async ValueTask<DeviceListChanged> For(Database database, UserId user)
    {
        // Rooms that are joined after this position are known to the tail.
        var position = database.Writer.CommittedPosition;
        return new DeviceListChanged(user.Value) { Rooms = await database.Memberships.JoinedRooms(user), RoomsPosition = position };
    }
}
