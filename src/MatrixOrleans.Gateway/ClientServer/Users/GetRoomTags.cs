using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Lists the tags of a room (Client-Server API, "Room Tagging").</summary>
internal static class GetRoomTags
{
    private static readonly Answer None = Answer.Text("""{"tags":{}}""");

    public static readonly Endpoint Endpoint = new("getRoomTags", "GET", "/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Of(request, "Cannot get tags for other users");
        try
        {
            return new Answer(await user.AccountData(request.RoomId, "m.tag"));
        }
        catch (MatrixException e) when (e.Code == MatrixError.NotFound)
        {
            return None;
        }
    }
}
