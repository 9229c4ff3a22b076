using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.KeyBackup;

/// <summary>Answers all keys of a backup.</summary>
internal static class GetRoomKeys
{
    public static readonly Endpoint Endpoint = new("getRoomKeys", "GET", "/_matrix/client/v3/room_keys/keys", Access.User, async request =>
    {
        var keys = await RoomKeys.Keys(request);
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("rooms"u8);
            foreach (var room in keys.GroupBy(key => key.Room))
            {
                writer.WritePropertyName(room.Key);
                RoomKeys.WriteSessions(writer, room);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    });
}
