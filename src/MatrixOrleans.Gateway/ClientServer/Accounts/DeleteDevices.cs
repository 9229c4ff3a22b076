using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.ClientServer.UserInteractive;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Removes several devices and ends their sessions.</summary>
internal static class DeleteDevices
{
    /// <summary>Most devices in one request.</summary>
    private const int DevicesMax = 10_000;

    public static readonly Endpoint Endpoint = new("deleteDevices", "POST", "/_matrix/client/v3/delete_devices", Access.User, Handle) { Rate = RateClass.Login };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var json = await request.JsonObject();
        Check(RequestBody.Read<Body>(json));
        if (request.AppService is not null)
        {
            // "MUST NOT require User-Interactive Authentication when used by an application service."
            await request.Grains.GetGrain<IAccountGrain>(request.User.Value).DeleteDevices(Devices(RequestBody.Read<Body>(json)));
            return Answer.Empty;
        }

        var confirmation = await UserInteraction.Confirm(request, "POST /delete_devices", json, UserInteraction.ByPassword);
        if (confirmation.Challenge is { } challenge)
        {
            return challenge;
        }

        await request.Grains.GetGrain<IAccountGrain>(request.User.Value).DeleteDevices(Devices(RequestBody.Read<Body>(confirmation.Parameters)));
        await confirmation.End();
        return Answer.Empty;
    }

    private static string[] Devices(Body body) => body.Devices ?? throw new MatrixException(MatrixError.MissingParam, "devices is missing");

    private static void Check(Body body)
    {
        if (body.Devices?.Length > DevicesMax)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"At most {DevicesMax} devices at once");
        }

        if (body.Devices?.Any(device => device is null) == true)
        {
            throw new MatrixException(MatrixError.BadJson, "devices must be strings");
        }
    }

    private sealed record Body(string[]? Devices);
}
