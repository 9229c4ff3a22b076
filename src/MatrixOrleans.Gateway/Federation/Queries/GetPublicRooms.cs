using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Queries;

internal static class GetPublicRooms
{
    public static readonly ServerEndpoint Endpoint = new("getPublicRooms", "GET", "/_matrix/federation/v1/publicRooms", ServerAccess.Server, Handle);

    private static ValueTask<Answer> Handle(ServerRequest request) => ServerPublicRooms.List(request, new PublicRoomsQuery
    {
        Limit = ServerPublicRooms.Limit(request.QueryInteger("limit", 0, PublicRoomsQuery.LimitMax)),
        Since = request.Query("since"),
    });
}
