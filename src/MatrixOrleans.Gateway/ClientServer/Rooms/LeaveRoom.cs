using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

/// <summary>Leaves a room, rejects an invitation or takes back a knock.</summary>
internal static class LeaveRoom
{
    public static readonly Endpoint Endpoint = new("leaveRoom", "POST", "/_matrix/client/v3/rooms/{roomId}/leave", Access.UserOrGuest, Handle)
    {
        Rate = RateClass.Send,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.OptionalJsonObject();
        await request.Grains.GetGrain<IMembershipGrain>(0).Change(request.RoomId, new MembershipRequest
        {
            Action = MembershipAction.Leave,
            Sender = request.User,
            Target = request.User,
            Reason = JsonMembers.Text(body, "reason"),
        });
        return Answer.Empty;
    }
}
