using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Answers the current key backup.</summary>
internal static class GetRoomKeysVersionCurrent
{
    public static readonly Endpoint Endpoint = new("getRoomKeysVersionCurrent", "GET", "/_matrix/client/v3/room_keys/version", Access.User,
        async request => RoomKeys.Of(await RoomKeys.Grain(request).Get(null)));
}
