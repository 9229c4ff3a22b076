using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>Gives the user a token that proves to a third party who they are (Client-Server API, "OpenID").</summary>
internal static class RequestOpenIdToken
{
    public static readonly Endpoint Endpoint = new("requestOpenIdToken", "POST", "/_matrix/client/v3/user/{userId}/openid/request_token", Access.User, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        _ = OwnAccount.Of(request, "Cannot request tokens for other users");
        await request.OptionalJsonObject();
        return Answer.Of(new
        {
            AccessToken = await request.Grains.GetGrain<IOpenIdGrain>(0).Issue(request.User),
            TokenType = "Bearer",
            MatrixServerName = request.User.ServerName.Value,
            ExpiresIn = IOpenIdGrain.LifetimeSeconds,
        });
    }
}
