using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.ClientServer.Delayed;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms.Content;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

/// <summary>Sends a message event; since v1.18 redactions of every room version too.</summary>
internal static class SendMessage
{
    public static readonly Endpoint Endpoint = new("sendMessage", "PUT", "/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}", Access.UserOrGuest, Handle)
    {
        Rate = RateClass.Send,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var type = request.Path("eventType");
        var content = await request.JsonObject();
        if (type == EventTypes.Redaction)
        {
            return await Redacting.Send(request, Target(content), content);
        }

        if (request.Session.IsSuspended)
        {
            throw new MatrixException(MatrixError.UserSuspended, "This account has been suspended");
        }

        KnownContent.Check(type, null, content);
        var send = new SendRequest
        {
            Sender = request.User,
            Type = type,
            Content = JsonMarshal.GetRawUtf8Value(content).ToArray(),
            DeviceId = request.Session.DeviceId,
            TxnId = request.Path("txnId"),
            OriginServerTs = request.EventTime,
        };
        if (Delaying.AskedMs(request) is { } delayMs)
        {
            return await Delaying.Schedule(request, request.RoomId, send, delayMs);
        }

        var answer = await request.Grains.GetGrain<IRoomGrain>(request.RoomId.Value).Send(send);
        return Answer.Of(new { EventId = answer.EventId.Value });
    }

    private static EventId Target(JsonElement content) =>
        EventId.FromRequest(JsonMembers.Text(content, "redacts") ?? throw new MatrixException(MatrixError.MissingParam, "redacts is missing"));
}
