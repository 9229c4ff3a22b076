using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class QueryPublicRooms
{
    public static readonly Endpoint Endpoint = new("queryPublicRooms", "POST", "/_matrix/client/v3/publicRooms", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.OptionalJsonObject();
        var server = PublicRooms.Server(request);
        var query = PublicRooms.Read(body);
        return server != request.Tenant
            ? await PublicRooms.Elsewhere(request, server, "POST", "/_matrix/federation/v1/publicRooms", body)
            : await PublicRooms.List(request.Grains, server, query);
    }
}
