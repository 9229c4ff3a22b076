using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Deletes the key of one session from a backup.</summary>
internal static class DeleteRoomKeyBySessionId
{
    public static readonly Endpoint Endpoint = new("deleteRoomKeyBySessionId", "DELETE", "/_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}", Access.User, RoomKeys.Delete);
}
