using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>One state event or its content (Client-Server API, <c>GET /rooms/{roomId}/state/{eventType}/{stateKey}</c>).</summary>
internal static class GetRoomStateWithKey
{
    public static readonly Endpoint Endpoint =
        new("getRoomStateWithKey", "GET", "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}", Access.UserOrGuest, Handle)
        {
            AlsoPaths = ["/_matrix/client/v3/rooms/{roomId}/state/{eventType}"],
        };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var reader = EventArrays.Reader(request);
        var wholeEvent = EventArrays.Word(request, "format", "content", "event") == "event";
        return new Answer(await reader.StateEvent(EventArrays.Viewer(request), new StateKey(request.Path("eventType"), request.Path("stateKey")), wholeEvent));
    }
}
