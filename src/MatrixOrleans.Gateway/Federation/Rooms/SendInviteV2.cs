using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class SendInviteV2
{
    public static readonly ServerEndpoint Endpoint = new("sendInviteV2", "PUT", "/_matrix/federation/v2/invite/{roomId}/{eventId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var body = request.JsonObject;
        var invite = JsonMembers.Object(body, "event") ?? throw new MatrixException(MatrixError.MissingParam, "event is missing");
        var version = JsonMembers.Text(body, "room_version") ?? throw new MatrixException(MatrixError.MissingParam, "room_version is missing");
        var signed = await Take(request, invite, version, JsonMembers.Array(body, "invite_room_state", Asked.IdsMax));
        return Answer.Write(writer => Event(writer, signed));
    }

    public static async ValueTask<ReadOnlyMemory<byte>> Take(ServerRequest request, JsonElement invite, string version, JsonElement? state) =>
        await request.Grains.GetGrain<IInvitedGrain>(0).Take(request.Asker(), new RemoteInvite(
            request.RoomId,
            Asked.EventId(request.Path("eventId")),
            version,
            Asked.Raw(invite),
            state is { } list ? [.. list.EnumerateArray().Select(Asked.Raw)] : null));

    public static void Event(Utf8JsonWriter writer, ReadOnlyMemory<byte> signed)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("event"u8);
        writer.WriteRawValue(signed.Span, skipInputValidation: true);
        writer.WriteEndObject();
    }
}
