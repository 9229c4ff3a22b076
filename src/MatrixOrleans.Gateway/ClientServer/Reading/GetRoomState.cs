using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>The whole state of a room (Client-Server API, <c>GET /rooms/{roomId}/state</c>).</summary>
internal static class GetRoomState
{
    public static readonly Endpoint Endpoint = new("getRoomState", "GET", "/_matrix/client/v3/rooms/{roomId}/state", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var reader = EventArrays.Reader(request);
        var viewer = EventArrays.Viewer(request);
        var events = await EventArrays.AllPages(cursor => reader.State(viewer, cursor));
        return Answer.Write(writer => writer.WriteEvents(events));
    }
}
