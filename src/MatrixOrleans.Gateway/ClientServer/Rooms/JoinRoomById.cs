using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

internal static class JoinRoomById
{
    public static readonly Endpoint Endpoint = new("joinRoomById", "POST", "/_matrix/client/v3/rooms/{roomId}/join", Access.UserOrGuest, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static ValueTask<Answer> Handle(ClientRequest request) => EnterRoom.Handle(request, MembershipAction.Join, request.Path("roomId"), aliasAllowed: false);
}
