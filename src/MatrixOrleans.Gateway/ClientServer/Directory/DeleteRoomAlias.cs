using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class DeleteRoomAlias
{
    public static readonly Endpoint Endpoint = new("deleteRoomAlias", "DELETE", "/_matrix/client/v3/directory/room/{roomAlias}", Access.User, Handle)
    {
        WhileSuspended = false,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var alias = RoomAlias.FromRequest(request.Path("roomAlias"));
        request.AppServices.CheckFree(alias, request.AppService);

        // An application service may do everything with the aliases of its namespace.
        await request.Grains.GetGrain<IAliasGrain>(0).Delete(alias, new Actor(request.User, request.Session.IsAdmin || request.AppService is not null));
        return Answer.Empty;
    }
}
