using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class MakeJoin
{
    public static readonly ServerEndpoint Endpoint = new("makeJoin", "GET", "/_matrix/federation/v1/make_join/{roomId}/{userId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request) =>
        new(await request.Resident().Make(
            request.Asker(), Asked.UserId(request.Path("userId")), MembershipAction.Join, request.QueryAll("ver") is { Count: > 0 } named ? named : ["1"]));
}
