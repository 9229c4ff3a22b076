using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Stores keys of all rooms in the current backup.</summary>
internal static class PutRoomKeys
{
    public static readonly Endpoint Endpoint = new("putRoomKeys", "PUT", "/_matrix/client/v3/room_keys/keys", Access.User, RoomKeys.Put);
}
