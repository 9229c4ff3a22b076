using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms.Content;

namespace MatrixOrleans.Gateway.ClientServer.Delayed;

/// <summary>Sends an event after a delay, unless that is begun anew or cancelled (MSC4140).</summary>
internal static class SendDelayedEvent
{
    public static readonly Endpoint Endpoint = new("sendDelayedEvent", "PUT", "/_matrix/client/unstable/org.matrix.msc4140/rooms/{roomId}/delayed_event/{eventType}/{txnId}", Access.User, Handle)
    {
        Rate = RateClass.Send,
        AlsoPaths = ["/_matrix/client/v3/rooms/{roomId}/delayed_event/{eventType}/{txnId}"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var (room, type) = (request.RoomId, request.Path("eventType"));
        var body = await request.JsonObject();
        if (!body.TryGetProperty("delay", out var delay) || !delay.TryGetInt64(out var delayMs) || delayMs < 0)
        {
            throw new MatrixException(MatrixError.InvalidParam, "delay must be a non-negative integer");
        }

        var content = JsonMembers.Object(body, "content") ?? throw new MatrixException(MatrixError.MissingParam, "content is missing");
        var stateKey = JsonMembers.Text(body, "state_key");
        KnownContent.Check(type, stateKey, content);
        var send = new SendRequest
        {
            Sender = request.User,
            Type = type,
            StateKey = stateKey,
            Content = JsonMarshal.GetRawUtf8Value(content).ToArray(),
            DeviceId = request.Session.DeviceId,
            TxnId = request.Path("txnId"),
        };
        return await Delaying.Schedule(request, room, send, delayMs);
    }
}
