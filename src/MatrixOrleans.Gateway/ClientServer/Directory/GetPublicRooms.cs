using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class GetPublicRooms
{
    public static readonly Endpoint Endpoint = new("getPublicRooms", "GET", "/_matrix/client/v3/publicRooms", Access.Optional, Handle);

    private static ValueTask<Answer> Handle(ClientRequest request) => PublicRooms.List(request, PublicRooms.Server(request), new PublicRoomsQuery
    {
        Limit = request.QueryInteger("limit", PublicRoomsQuery.LimitDefault, PublicRoomsQuery.LimitMax),
        Since = request.Query("since"),
    });
}
