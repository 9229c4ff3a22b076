using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Admin;

/// <summary>Suspends an account, or ends that.</summary>
internal static class SetAdminSuspendUser
{
    public static readonly Endpoint Endpoint = new("setAdminSuspendUser", "PUT", "/_matrix/client/v1/admin/suspend/{userId}", Access.Admin, async request =>
    {
        var suspended = (await request.Body<Body>()).Suspended ?? throw new MatrixException(MatrixError.MissingParam, "suspended is missing");
        var (account, _) = await ModeratedUser.Find(request);
        await account.SetSuspended(suspended);
        return Answer.Of(new { Suspended = suspended });
    })
    {
        WhileSuspended = false,
    };

    private sealed record Body(bool? Suspended);
}
