using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Names a device anew.</summary>
internal static class UpdateDevice
{
    public static readonly Endpoint Endpoint = new("updateDevice", "PUT", "/_matrix/client/v3/devices/{deviceId}", Access.UserOrGuest, async request =>
    {
        var name = (await request.Body<Body>()).DisplayName;
        SessionAnswer.CheckDisplayName(name);
        await request.Grains.GetGrain<IAccountGrain>(request.User.Value).RenameDevice(request.Path("deviceId"), name);
        return Answer.Empty;
    });

    private sealed record Body(string? DisplayName);
}
