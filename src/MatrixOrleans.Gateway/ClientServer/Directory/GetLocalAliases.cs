using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Directory;

internal static class GetLocalAliases
{
    public static readonly Endpoint Endpoint = new("getLocalAliases", "GET", "/_matrix/client/v3/rooms/{roomId}/aliases", Access.User, Handle)
    {
        AlsoPaths = ["/_matrix/client/unstable/org.matrix.msc2432/rooms/{roomId}/aliases"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var aliases = await request.Grains.GetGrain<IAliasGrain>(0).OfRoom(request.RoomId, new Actor(request.User, request.Session.IsAdmin));
        return Answer.Of(new { Aliases = aliases.Select(alias => alias.Value) });
    }
}
