using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class GetRoomIdByAlias
{
    public static readonly Endpoint Endpoint = new("getRoomIdByAlias", "GET", "/_matrix/client/v3/directory/room/{roomAlias}", Access.Optional, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var alias = RoomAlias.FromRequest(request.Path("roomAlias"));
        var isHere = request.Options.Tenants.Contains(alias.ServerName);
        if (!isHere)
        {
            // Only users make this server ask others.
            _ = request.Session;
        }

        var target = (isHere
            ? await request.Grains.GetGrain<IAliasGrain>(0).Resolve(alias)
            : await request.Grains.GetGrain<IRemoteQueriesGrain>(0).Alias(request.Tenant, alias)) ?? throw new MatrixException(MatrixError.NotFound, $"Room alias {alias} not found.");
        return Answer.Of(new { RoomId = target.Room.Value, Servers = target.Servers.Select(server => server.Value) });
    }
}
