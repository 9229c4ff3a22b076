using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Trades a refresh token for a new pair of tokens.</summary>
internal static class Refresh
{
    public static readonly Endpoint Endpoint = new("refresh", "POST", "/_matrix/client/v3/refresh", Access.Anybody, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.Body<Body>();
        var token = body.RefreshToken ?? throw new MatrixException(MatrixError.MissingParam, "refresh_token is missing");
        var session = await request.Grains.GetGrain<ISessionGrain>(0).Refresh(SessionCache.Hash(token), request.Options.AccessTokenMinutes * 60_000L);
        return Answer.Of(new { session.AccessToken, session.RefreshToken, session.ExpiresInMs });
    }

    private sealed record Body(string? RefreshToken);
}
