using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Deletes the keys of all rooms from a backup.</summary>
internal static class DeleteRoomKeys
{
    public static readonly Endpoint Endpoint = new("deleteRoomKeys", "DELETE", "/_matrix/client/v3/room_keys/keys", Access.User, RoomKeys.Delete);
}
