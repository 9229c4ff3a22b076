using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Ends every session of the user and removes every device.</summary>
internal static class LogoutAll
{
    public static readonly Endpoint Endpoint = new("logout_all", "POST", "/_matrix/client/v3/logout/all", Access.EvenLocked, async request =>
    {
        await request.Grains.GetGrain<IAccountGrain>(request.User.Value).DeleteAllDevices();
        return Answer.Empty;
    });
}
