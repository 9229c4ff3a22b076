using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Stores keys of a room in the current backup.</summary>
internal static class PutRoomKeysByRoomId
{
    public static readonly Endpoint Endpoint = new("putRoomKeysByRoomId", "PUT", "/_matrix/client/v3/room_keys/keys/{roomId}", Access.User, RoomKeys.Put);
}
