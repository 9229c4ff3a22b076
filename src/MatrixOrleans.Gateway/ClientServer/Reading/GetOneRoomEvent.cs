using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>One event (Client-Server API, <c>GET /rooms/{roomId}/event/{eventId}</c>).</summary>
internal static class GetOneRoomEvent
{
    public static readonly Endpoint Endpoint = new("getOneRoomEvent", "GET", "/_matrix/client/v3/rooms/{roomId}/event/{eventId}", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var (reader, viewer, id) = (EventArrays.Reader(request), EventArrays.Viewer(request), EventArrays.EventId(request));
        return new Answer(request.QueryFlag("fi.mau.msc2815.include_unredacted_content") ? await reader.UnredactedEvent(viewer, id) : await reader.Event(viewer, id));
    }
}
