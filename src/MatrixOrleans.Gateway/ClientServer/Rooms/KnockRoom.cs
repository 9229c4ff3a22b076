using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

internal static class KnockRoom
{
    public static readonly Endpoint Endpoint = new("knockRoom", "POST", "/_matrix/client/v3/knock/{roomIdOrAlias}", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static ValueTask<Answer> Handle(ClientRequest request) => EnterRoom.Handle(request, MembershipAction.Knock, request.Path("roomIdOrAlias"), aliasAllowed: true);
}
