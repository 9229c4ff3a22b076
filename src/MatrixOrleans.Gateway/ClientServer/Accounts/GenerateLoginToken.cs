using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.ClientServer.UserInteractive;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Makes a token with which another client of the user can log in once.</summary>
internal static class GenerateLoginToken
{
    /// <summary>How long a token is good; the specification recommends two minutes.</summary>
    private const long LifetimeMs = 120_000;

    public static readonly Endpoint Endpoint = new("generateLoginToken", "POST", "/_matrix/client/v1/login/get_token", Access.User, Handle)
    {
        Rate = RateClass.Login,
        AlsoPaths = ["/_matrix/client/unstable/org.matrix.msc3882/login/get_token"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var confirmation = await UserInteraction.Confirm(request, "POST /login/get_token", await request.OptionalJsonObject(), UserInteraction.ByPassword);
        if (confirmation.Challenge is { } challenge)
        {
            return challenge;
        }

        // The session ends before the token is made: each further client needs its own confirmation.
        await confirmation.End();
        var token = await request.Grains.GetGrain<IAccountGrain>(request.User.Value).MakeLoginToken(LifetimeMs);
        return Answer.Of(new { LoginToken = token, ExpiresInMs = LifetimeMs });
    }
}
