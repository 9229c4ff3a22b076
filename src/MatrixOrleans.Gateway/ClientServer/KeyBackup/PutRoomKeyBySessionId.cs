using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Stores the key of one session in the current backup.</summary>
internal static class PutRoomKeyBySessionId
{
    public static readonly Endpoint Endpoint = new("putRoomKeyBySessionId", "PUT", "/_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}", Access.User, RoomKeys.Put);
}
