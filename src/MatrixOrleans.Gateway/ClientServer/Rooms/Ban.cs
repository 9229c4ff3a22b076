using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

internal static class Ban
{
    public static readonly Endpoint Endpoint = new("ban", "POST", "/_matrix/client/v3/rooms/{roomId}/ban", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static ValueTask<Answer> Handle(ClientRequest request) => OtherMember.Handle(request, MembershipAction.Ban);
}
