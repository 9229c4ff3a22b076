using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class GetRoomIdByAlias
{
    public static readonly Endpoint Endpoint = new("getRoomIdByAlias", "GET", "/_matrix/client/v3/directory/room/{roomAlias}", Access.Anybody, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var alias = RoomAlias.FromRequest(request.Path("roomAlias"));
        var target = await request.Grains.GetGrain<IAliasGrain>(0).Resolve(alias) ?? throw new MatrixException(MatrixError.NotFound, $"Room alias {alias} not found.");
        return Answer.Of(new { RoomId = target.Room.Value, Servers = target.Servers.Select(server => server.Value) });
    }
}
