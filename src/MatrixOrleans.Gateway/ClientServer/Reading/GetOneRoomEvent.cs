using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>One event (Client-Server API, <c>GET /rooms/{roomId}/event/{eventId}</c>).</summary>
internal static class GetOneRoomEvent
{
    public static readonly Endpoint Endpoint = new("getOneRoomEvent", "GET", "/_matrix/client/v3/rooms/{roomId}/event/{eventId}", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request) =>
        new(await EventArrays.Reader(request).Event(EventArrays.Viewer(request), EventArrays.EventId(request)));
}
