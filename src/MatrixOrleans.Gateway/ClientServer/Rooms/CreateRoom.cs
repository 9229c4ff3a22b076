using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Rooms.Creation;

namespace MatrixOrleans.Gateway.ClientServer.Rooms;

internal static class CreateRoom
{
    public static readonly Endpoint Endpoint = new("createRoom", "POST", "/_matrix/client/v3/createRoom", Access.User, Handle)
    {
        Rate = RateClass.Send,
        WhileSuspended = false,
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        if (CreateRoomRequest.Parse(body).Alias(request.Tenant) is { } alias)
        {
            request.AppServices.CheckFree(alias, request.AppService);
        }

        var room = await request.Grains.GetGrain<IRoomFactoryGrain>(0).Create(request.User, JsonMarshal.GetRawUtf8Value(body).ToArray());
        return Answer.Of(new { RoomId = room.Value });
    }
}
