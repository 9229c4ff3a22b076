using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.ClientServer.UserInteractive;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Sets a new password, for whoever knows the old one.</summary>
internal static class ChangePassword
{
    public static readonly Endpoint Endpoint = new("changePassword", "POST", "/_matrix/client/v3/account/password", Access.OptionalUser, Handle) { Rate = RateClass.Login };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var json = await request.JsonObject();
        if (RequestBody.Read<Body>(json).NewPassword is { } wished)
        {
            Password.Check(wished);
        }

        var confirmation = await UserInteraction.Confirm(request, "POST /account/password", json, UserInteraction.ByPassword);
        if (confirmation.Challenge is { } challenge)
        {
            return challenge;
        }

        var body = RequestBody.Read<Body>(confirmation.Parameters);
        await request.Grains.GetGrain<IAccountGrain>(confirmation.User!.Value.Value)
            .ChangePassword(Password.Check(body.NewPassword), body.LogoutDevices ?? true, request.OptionalSession?.DeviceId);
        await confirmation.End();
        return Answer.Empty;
    }

    private sealed record Body(string? NewPassword, bool? LogoutDevices);
}
