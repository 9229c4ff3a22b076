using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.ClientServer.Reading;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

/// <summary>The tree below a space (Client-Server API, <c>GET /rooms/{roomId}/hierarchy</c>).</summary>
internal static class GetSpaceHierarchy
{
    public static readonly Endpoint Endpoint = new("getSpaceHierarchy", "GET", "/_matrix/client/v1/rooms/{roomId}/hierarchy", Access.UserOrGuest, Handle)
    {
        AlsoPaths = ["/_matrix/client/unstable/org.matrix.msc2946/rooms/{roomId}/hierarchy"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var limit = request.QueryInteger("limit", HierarchyQuery.LimitMax, HierarchyQuery.LimitMax);
        if (limit == 0)
        {
            throw new MatrixException(MatrixError.InvalidParam, "limit must be greater than zero");
        }

        var page = await request.Grains.GetGrain<IRoomSummaryGrain>(0).Hierarchy(request.RoomId, request.User, new HierarchyQuery
        {
            SuggestedOnly = request.QueryFlag("suggested_only"),
            Limit = limit,
            Depth = request.QueryInteger("max_depth", HierarchyQuery.DepthMax, HierarchyQuery.DepthMax),
            From = request.Query("from"),
        });
        return Answer.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteEvents("rooms", page.Rooms);
            if (page.NextBatch is { } next)
            {
                writer.WriteString("next_batch", next);
            }

            writer.WriteEndObject();
        });
    }
}
