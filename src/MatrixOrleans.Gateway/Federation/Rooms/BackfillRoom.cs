using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class BackfillRoom
{
    public static readonly ServerEndpoint Endpoint = new("backfillRoom", "GET", "/_matrix/federation/v1/backfill/{roomId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var from = request.QueryAll("v").Take(Asked.IdsMax).Select(Asked.EventId).ToList();
        return from.Count == 0
            ? throw new MatrixException(MatrixError.MissingParam, "v is missing")
            : new Answer(await request.Resident().Backfill(request.Asker(), from, request.QueryInteger("limit", 10, 100)));
    }
}
