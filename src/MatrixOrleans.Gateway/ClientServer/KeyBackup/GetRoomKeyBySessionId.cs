using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Answers the key of one session.</summary>
internal static class GetRoomKeyBySessionId
{
    public static readonly Endpoint Endpoint = new("getRoomKeyBySessionId", "GET", "/_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}", Access.User, async request =>
        await RoomKeys.Keys(request) is [var key, ..] ? new Answer(key.Json) : throw new MatrixException(MatrixError.NotFound, "There is no such key"));
}
