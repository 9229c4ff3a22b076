using System.Runtime.InteropServices;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.ClientServer.UserInteractive;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Encryption;

/// <summary>
/// Publishes the user's cross-signing keys. The first ones, and those that are there already, take no confirmation; nor do those of an application
/// service's users, who have nobody to confirm.
/// </summary>
internal static class UploadCrossSigningKeys
{
    public static readonly Endpoint Endpoint = new("uploadCrossSigningKeys", "POST", "/_matrix/client/v3/keys/device_signing/upload", Access.User, Handle)
    {
        Rate = RateClass.Login,
        AlsoPaths = ["/_matrix/client/unstable/keys/device_signing/upload"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var body = await request.JsonObject();
        var grain = request.Grains.GetGrain<ICrossSigningGrain>(request.User.Value);
        if (await grain.UploadKeys(JsonMarshal.GetRawUtf8Value(body).ToArray(), isConfirmed: request.AppService is not null))
        {
            return Answer.Empty;
        }

        var confirmation = await UserInteraction.Confirm(request, "POST /keys/device_signing/upload", body, UserInteraction.ByPassword);
        if (confirmation.Challenge is { } challenge)
        {
            return challenge;
        }

        await grain.UploadKeys(JsonMarshal.GetRawUtf8Value(confirmation.Parameters).ToArray(), isConfirmed: true);
        await confirmation.End();
        return Answer.Empty;
    }
}
