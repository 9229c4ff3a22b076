using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation.Rooms;

internal static class MakeLeave
{
    public static readonly ServerEndpoint Endpoint = new("makeLeave", "GET", "/_matrix/federation/v1/make_leave/{roomId}/{userId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request) =>
        new(await request.Resident().Make(
            request.Asker(), Asked.UserId(request.Path("userId")), MembershipAction.Leave, null));
}
