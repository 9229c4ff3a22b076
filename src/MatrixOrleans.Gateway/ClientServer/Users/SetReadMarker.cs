using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Moves the fully-read marker and, in the same request, read receipts (Client-Server API, "Read and unread markers").</summary>
internal static class SetReadMarker
{
    public static readonly Endpoint Endpoint = new("setReadMarker", "POST", "/_matrix/client/v3/rooms/{roomId}/read_markers", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var room = request.RoomId;
        var body = await request.JsonObject();
        var receipts = new List<ReceiptRequest>();
        foreach (var type in (ReadOnlySpan<string>)["m.read", "m.read.private", "m.fully_read"])
        {
            if (body.TryGetProperty(type, out var value))
            {
                receipts.Add(new ReceiptRequest(type, Event(value, type), null, JsonMembers.Flag(body, "com.beeper.allow_backward")));
            }
        }

        await request.Grains.GetGrain<IUserGrain>(request.User.Value).SetReceipts(room, receipts);
        return Answer.Empty;
    }

    private static EventId Event(JsonElement value, string type) => value.ValueKind == JsonValueKind.String
        ? EventId.FromRequest(value.GetString())
        : throw new MatrixException(MatrixError.BadJson, $"{type} must be an event ID");
}
