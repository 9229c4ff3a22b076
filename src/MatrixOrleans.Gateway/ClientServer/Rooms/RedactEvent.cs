using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

internal static class RedactEvent
{
    public static readonly Endpoint Endpoint = new("redactEvent", "PUT", "/_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}", Access.UserOrGuest, Handle)
    {
        Rate = RateClass.Send,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request) =>
        await Redacting.Send(request, EventId.FromRequest(request.Path("eventId")), await request.OptionalJsonObject());
}
