using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

internal static class ForgetRoom
{
    public static readonly Endpoint Endpoint = new("forgetRoom", "POST", "/_matrix/client/v3/rooms/{roomId}/forget", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        await request.Grains.GetGrain<IMembershipGrain>(0).Forget(request.User, request.RoomId);
        return Answer.Empty;
    }
}
