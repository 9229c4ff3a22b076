using System.Runtime.InteropServices;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Tags a room (Client-Server API, "Room Tagging").</summary>
internal static class SetRoomTag
{
    public static readonly Endpoint Endpoint = new("setRoomTag", "PUT", "/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Of(request, "Cannot add tags for other users");
        var room = request.RoomId;
        var content = await request.JsonObject();
        await user.SetTag(room, request.Path("tag"), JsonMarshal.GetRawUtf8Value(content).ToArray());
        return Answer.Empty;
    }
}
