using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Whether a registration token can still be used.</summary>
internal static class RegistrationTokenValidity
{
    public static readonly Endpoint Endpoint = new("registrationTokenValidity", "GET", "/_matrix/client/v1/register/m.login.registration_token/validity", Access.Anybody, Handle)
    {
        Rate = RateClass.Login,
        AlsoPaths = ["/_matrix/client/unstable/org.matrix.msc3231/register/org.matrix.msc3231.login.registration_token/validity"],
    };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        var token = request.Query("token") ?? throw new MatrixException(MatrixError.MissingParam, "token is missing");
        if (request.Options.Registration == RegistrationMode.Closed)
        {
            throw new MatrixException(MatrixError.Forbidden, "Registration is closed");
        }

        return Answer.Of(new { Valid = await request.Grains.GetGrain<IRegistrationTokenGrain>(0).IsValid(token) });
    }
}
