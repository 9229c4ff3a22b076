using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Answers the keys of a room.</summary>
internal static class GetRoomKeysByRoomId
{
    public static readonly Endpoint Endpoint = new("getRoomKeysByRoomId", "GET", "/_matrix/client/v3/room_keys/keys/{roomId}", Access.User, async request =>
    {
        var keys = await RoomKeys.Keys(request);
        return Answer.Write(writer => RoomKeys.WriteSessions(writer, keys));
    });
}
