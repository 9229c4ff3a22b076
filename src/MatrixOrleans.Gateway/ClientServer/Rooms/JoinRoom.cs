using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

internal static class JoinRoom
{
    public static readonly Endpoint Endpoint = new("joinRoom", "POST", "/_matrix/client/v3/join/{roomIdOrAlias}", Access.UserOrGuest, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static ValueTask<Answer> Handle(ClientRequest request) => EnterRoom.Handle(request, MembershipAction.Join, request.Path("roomIdOrAlias"), aliasAllowed: true);
}
