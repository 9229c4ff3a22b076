using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Reads account data of one room (Client-Server API, "Client Config").</summary>
internal static class GetAccountDataPerRoom
{
    public static readonly Endpoint Endpoint =
        new("getAccountDataPerRoom", "GET", "/_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Of(request, "Cannot get account data for other users");
        return new Answer(await user.AccountData(request.RoomId, request.Path("type")));
    }
}
