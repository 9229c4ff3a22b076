using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Who the access token speaks for.</summary>
internal static class GetTokenOwner
{
    public static readonly Endpoint Endpoint = new("getTokenOwner", "GET", "/_matrix/client/v3/account/whoami", Access.UserOrGuest, request =>
        ValueTask.FromResult(Answer.Of(new
        {
            UserId = request.User.Value,
            request.Session.DeviceId,
            request.Session.IsGuest,
        })));
}
