using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Reads global account data (Client-Server API, "Client Config").</summary>
internal static class GetAccountData
{
    public static readonly Endpoint Endpoint = new("getAccountData", "GET", "/_matrix/client/v3/user/{userId}/account_data/{type}", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Of(request, "Cannot get account data for other users");
        return new Answer(await user.AccountData(null, request.Path("type")));
    }
}
