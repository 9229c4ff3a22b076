using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.Federation.Queries;

/// <summary>Where an alias of the asked tenant leads.</summary>
internal static class QueryRoomDirectory
{
    public static readonly ServerEndpoint Endpoint = new("queryRoomDirectory", "GET", "/_matrix/federation/v1/query/directory", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var text = request.Query("room_alias") ?? throw new MatrixException(MatrixError.MissingParam, "room_alias is missing");
        var alias = RoomAlias.FromRequest(text);
        if (alias.ServerName != request.Destination)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"{alias} is no alias of {request.Destination}");
        }

        var target = await request.Grains.GetGrain<IAliasGrain>(0).Resolve(alias) ?? throw new MatrixException(MatrixError.NotFound, $"Room alias {alias} not found.");
        return Answer.Of(new { RoomId = target.Room.Value, Servers = target.Servers.Select(server => server.Value) });
    }
}
