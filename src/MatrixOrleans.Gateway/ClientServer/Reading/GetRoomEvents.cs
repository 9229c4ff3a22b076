using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Reading;

/// <summary>Pages through a room's history (Client-Server API, <c>GET /rooms/{roomId}/messages</c>).</summary>
internal static class GetRoomEvents
{
    public static readonly Endpoint Endpoint = new("getRoomEvents", "GET", "/_matrix/client/v3/rooms/{roomId}/messages", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var reader = EventArrays.Reader(request);
        var direction = EventArrays.Word(request, "dir", "b", "f") ?? throw new MatrixException(MatrixError.MissingParam, "dir is missing");
        var page = await reader.Messages(EventArrays.Viewer(request), new MessagesQuery
        {
            From = request.Query("from"),
            To = request.Query("to"),
            Backwards = direction == "b",
            Limit = Math.Max(1, request.QueryInteger("limit", EventArrays.LimitDefault, EventArrays.LimitMax)),
            Filter = request.Query("filter"),
        });
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("start", page.Start);
            if (page.End is { } end)
            {
                writer.WriteString("end", end);
            }

            writer.WriteEvents("chunk", page.Chunk);
            if (page.State.Count > 0)
            {
                writer.WriteEvents("state", page.State);
            }

            writer.WriteEndObject();
        });
    }
}
