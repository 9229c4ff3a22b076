using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Answers a key backup.</summary>
internal static class GetRoomKeysVersion
{
    public static readonly Endpoint Endpoint = new("getRoomKeysVersion", "GET", "/_matrix/client/v3/room_keys/version/{version}", Access.User,
        async request => RoomKeys.Of(await RoomKeys.Grain(request).Get(request.Path("version"))));
}
