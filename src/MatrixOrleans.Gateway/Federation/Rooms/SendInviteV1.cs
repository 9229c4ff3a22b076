using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class SendInviteV1
{
    public static readonly ServerEndpoint Endpoint = new("sendInviteV1", "PUT", "/_matrix/federation/v1/invite/{roomId}/{eventId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var invite = request.JsonObject;
        var unsigned = JsonMembers.Object(invite, "unsigned");

        // "Servers which receive a v1 invite request must assume that the room version is either 1 or 2": they differ in nothing that an invitation shows.
        var signed = await SendInviteV2.Take(request, invite, "1", unsigned is { } extra ? JsonMembers.Array(extra, "invite_room_state", Asked.IdsMax) : null);
        return Answer.Write(writer =>
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(200);
            SendInviteV2.Event(writer, signed);
            writer.WriteEndArray();
        });
    }
}
