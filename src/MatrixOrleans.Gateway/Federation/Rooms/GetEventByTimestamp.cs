using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class GetEventByTimestamp
{
    public static readonly ServerEndpoint Endpoint = new("getEventByTimestamp", "GET", "/_matrix/federation/v1/timestamp_to_event/{roomId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var dir = request.Query("dir");
        if (!long.TryParse(request.Query("ts"), out var ts) || dir is not ("f" or "b"))
        {
            throw new MatrixException(MatrixError.InvalidParam, "ts must be a time in milliseconds, dir f or b");
        }

        return new Answer(await request.Resident().NearestTo(request.Asker(), ts, backwards: dir == "b"));
    }
}
