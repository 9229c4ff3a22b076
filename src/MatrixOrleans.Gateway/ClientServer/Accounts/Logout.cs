using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Ends the session and removes its device.</summary>
internal static class Logout
{
    public static readonly Endpoint Endpoint = new("logout", "POST", "/_matrix/client/v3/logout", Access.EvenLocked, Handle);

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var account = request.Grains.GetGrain<IAccountGrain>(request.User.Value);
        if (request.Session.DeviceId is { } device)
        {
            await account.DeleteDevices([device]);
        }
        else
        {
            await account.DeleteToken(request.AccessTokenHash!);
        }

        return Answer.Empty;
    }
}
