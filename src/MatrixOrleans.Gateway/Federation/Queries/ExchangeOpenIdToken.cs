using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.Federation.Queries;

/// <summary>Whose an OpenID token is. Whoever holds the token may ask.</summary>
internal static class ExchangeOpenIdToken
{
    public static readonly ServerEndpoint Endpoint = new("exchangeOpenIdToken", "GET", "/_matrix/federation/v1/openid/userinfo", ServerAccess.Anybody, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var token = request.Query("access_token") ?? throw new MatrixException(MatrixError.MissingToken, "access_token is missing");
        var user = await request.Grains.GetGrain<IOpenIdGrain>(0).Find(SessionCache.Hash(token));
        return user is { } known && known.ServerName == request.Destination
            ? Answer.Of(new { Sub = known.Value })
            : throw new MatrixException(MatrixError.UnknownToken, "Access token unknown or expired");
    }
}
