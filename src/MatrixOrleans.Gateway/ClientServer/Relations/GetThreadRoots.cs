using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.ClientServer.Reading;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Relations;

/// <summary>The threads of a room (Client-Server API, "Querying threads in a room").</summary>
internal static class GetThreadRoots
{
    public static readonly Endpoint Endpoint = new("getThreadRoots", "GET", "/_matrix/client/v1/rooms/{roomId}/threads", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var limit = request.QueryInteger("limit", EventArrays.LimitDefault, EventArrays.LimitMax);
        if (limit == 0)
        {
            throw new MatrixException(MatrixError.InvalidParam, "limit must be greater than zero");
        }

        var participated = EventArrays.Word(request, "include", "all", "participated") == "participated";
        var page = await EventArrays.Reader(request).Threads(EventArrays.Viewer(request), new ThreadsQuery(participated, limit, request.Query("from")));
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteEvents("chunk", page.Chunk);
            if (page.NextBatch is { } next)
            {
                writer.WriteString("next_batch", next);
            }

            writer.WriteEndObject();
        });
    }
}
