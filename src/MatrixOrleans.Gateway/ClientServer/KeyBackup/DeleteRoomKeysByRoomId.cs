using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Deletes the keys of a room from a backup.</summary>
internal static class DeleteRoomKeysByRoomId
{
    public static readonly Endpoint Endpoint = new("deleteRoomKeysByRoomId", "DELETE", "/_matrix/client/v3/room_keys/keys/{roomId}", Access.User, RoomKeys.Delete);
}
