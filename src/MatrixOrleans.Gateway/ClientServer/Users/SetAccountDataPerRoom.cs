using System.Runtime.InteropServices;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Sets account data of one room (Client-Server API, "Client Config").</summary>
internal static class SetAccountDataPerRoom
{
    public static readonly Endpoint Endpoint =
        new("setAccountDataPerRoom", "PUT", "/_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Of(request, "Cannot add account data for other users");
        var room = request.RoomId;
        var content = await request.JsonObject();
        await user.SetAccountData(room, request.Path("type"), JsonMarshal.GetRawUtf8Value(content).ToArray());
        return Answer.Empty;
    }
}
