using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

internal static class Kick
{
    public static readonly Endpoint Endpoint = new("kick", "POST", "/_matrix/client/v3/rooms/{roomId}/kick", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static ValueTask<Answer> Handle(ClientRequest request) => OtherMember.Handle(request, MembershipAction.Kick);
}
