using System.Runtime.InteropServices;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Sets global account data (Client-Server API, "Client Config").</summary>
internal static class SetAccountData
{
    public static readonly Endpoint Endpoint = new("setAccountData", "PUT", "/_matrix/client/v3/user/{userId}/account_data/{type}", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var user = OwnAccount.Of(request, "Cannot add account data for other users");
        var content = await request.JsonObject();
        await user.SetAccountData(null, request.Path("type"), JsonMarshal.GetRawUtf8Value(content).ToArray());
        return Answer.Empty;
    }
}
