using MatrixOrleans.Gateway.ClientServer.Directory;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Queries;

internal static class QueryPublicRooms
{
    public static readonly ServerEndpoint Endpoint = new("queryPublicRooms", "POST", "/_matrix/federation/v1/publicRooms", ServerAccess.Server, Handle);

    private static ValueTask<Answer> Handle(ServerRequest request)
    {
        var query = PublicRooms.Read(request.JsonObject, missingLimit: 0);
        return ServerPublicRooms.List(request, query with { Limit = ServerPublicRooms.Limit(query.Limit) });
    }
}
