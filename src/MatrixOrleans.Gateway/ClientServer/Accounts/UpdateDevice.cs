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
        var device = request.Path("deviceId");
        if (request.AppService is not null)
        {
            // Application services make devices this way (Application Service API, "Device management").
            SessionAnswer.CheckDeviceId(device);
            if (await request.Grains.GetGrain<IAccountGrain>(request.User.Value).MakeDevice(device, name))
            {
                return Answer.Empty with { Status = 201 };
            }
        }

        await request.Grains.GetGrain<IAccountGrain>(request.User.Value).RenameDevice(device, name);
        return Answer.Empty;
    });

    private sealed record Body(string? DisplayName);
}
