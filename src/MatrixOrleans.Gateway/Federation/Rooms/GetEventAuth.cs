using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class GetEventAuth
{
    public static readonly ServerEndpoint Endpoint = new("getEventAuth", "GET", "/_matrix/federation/v1/event_auth/{roomId}/{eventId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request) =>
        new(await request.Resident().EventAuth(request.Asker(), Asked.EventId(request.Path("eventId"))));
}
