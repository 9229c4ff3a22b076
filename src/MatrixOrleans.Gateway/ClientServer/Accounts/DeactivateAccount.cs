using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.ClientServer.UserInteractive;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Ends an account for good.</summary>
internal static class DeactivateAccount
{
    // No third-party identifier is ever bound here, and then the answer "must be success".
    private static readonly Answer Done = Answer.Of(new { IdServerUnbindResult = "success" });

    public static readonly Endpoint Endpoint = new("deactivateAccount", "POST", "/_matrix/client/v3/account/deactivate", Access.OptionalUser, Handle) { Rate = RateClass.Login };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var json = await request.OptionalJsonObject();
        var asked = RequestBody.Read<Body>(json);
        if (request.AppService is not null)
        {
            // Its users have no password to confirm with.
            await request.Grains.GetGrain<IAccountGrain>(request.User.Value).Deactivate(asked.Erase == true);
            return Done;
        }

        var confirmation = await UserInteraction.Confirm(request, "POST /account/deactivate", json, UserInteraction.ByPassword);
        if (confirmation.Challenge is { } challenge)
        {
            return challenge;
        }

        var body = RequestBody.Read<Body>(confirmation.Parameters);
        await request.Grains.GetGrain<IAccountGrain>(confirmation.User!.Value.Value).Deactivate(body.Erase == true);
        await confirmation.End();
        return Done;
    }

    private sealed record Body(bool? Erase);
}
