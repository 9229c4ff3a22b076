using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>Whether a username can be registered now.</summary>
internal static class CheckUsernameAvailability
{
    public static readonly Endpoint Endpoint = new("checkUsernameAvailability", "GET", "/_matrix/client/v3/register/available", Access.Anybody, Handle) { Rate = RateClass.Login };

    private static async ValueTask<Answer> Handle(ClientRequest request)
    {
        if (request.Options.Registration == RegistrationMode.Closed)
        {
            // Nobody needs to know which names are taken.
            throw new MatrixException(MatrixError.Forbidden, "Registration is closed");
        }

        await Username.Free(request, request.Query("username") ?? throw new MatrixException(MatrixError.MissingParam, "username is missing"));
        return Answer.Of(new { Available = true });
    }
}
