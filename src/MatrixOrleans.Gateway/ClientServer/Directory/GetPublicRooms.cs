using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class GetPublicRooms
{
    public static readonly Endpoint Endpoint = new("getPublicRooms", "GET", "/_matrix/client/v3/publicRooms", Access.Optional, Handle);

    private static ValueTask<Answer> Handle(ClientRequest request)
    {
        var server = PublicRooms.Server(request);
        var query = new PublicRoomsQuery
        {
            Limit = request.QueryInteger("limit", PublicRoomsQuery.LimitDefault, PublicRoomsQuery.LimitMax),
            Since = request.Query("since"),
        };
        if (server == request.Tenant)
        {
            return PublicRooms.List(request.Grains, server, query);
        }

        // Only users make this server ask others.
        _ = request.Session;
        var since = query.Since is { } token ? $"&since={Uri.EscapeDataString(token)}" : "";
        return PublicRooms.Elsewhere(request, server, "GET", $"/_matrix/federation/v1/publicRooms?limit={query.Limit}{since}", null);
    }
}
