using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.ClientServer.UserInteractive;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Removes a device and ends its session.</summary>
internal static class DeleteDevice
{
    public static readonly Endpoint Endpoint = new("deleteDevice", "DELETE", "/_matrix/client/v3/devices/{deviceId}", Access.User, Handle) { Rate = RateClass.Login };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var device = request.Path("deviceId");
        if (request.AppService is not null)
        {
            // "MUST NOT require User-Interactive Authentication when used by an application service."
            await request.Grains.GetGrain<IAccountGrain>(request.User.Value).DeleteDevices([device]);
            return Answer.Empty;
        }

        var confirmation = await UserInteraction.Confirm(request, $"DELETE /devices/{device}", await request.OptionalJsonObject(), UserInteraction.ByPassword);
        if (confirmation.Challenge is { } challenge)
        {
            return challenge;
        }

        await request.Grains.GetGrain<IAccountGrain>(request.User.Value).DeleteDevices([device]);
        await confirmation.End();
        return Answer.Empty;
    }
}
