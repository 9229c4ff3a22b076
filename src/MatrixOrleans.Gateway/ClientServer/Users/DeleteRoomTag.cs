using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Takes a tag off a room (Client-Server API, "Room Tagging").</summary>
internal static class DeleteRoomTag
{
    public static readonly Endpoint Endpoint = new("deleteRoomTag", "DELETE", "/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        await OwnAccount.Of(request, "Cannot remove tags for other users").SetTag(request.RoomId, request.Path("tag"), null);
        return Answer.Empty;
    }
}
