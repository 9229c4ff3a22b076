using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

internal static class GetJoinedRooms
{
    public static readonly Endpoint Endpoint = new("getJoinedRooms", "GET", "/_matrix/client/v3/joined_rooms", Access.UserOrGuest, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var rooms = await request.Grains.GetGrain<IMembershipGrain>(0).JoinedRooms(request.User);
        return Answer.Of(new { JoinedRooms = rooms.Select(room => room.Value) });
    }
}
