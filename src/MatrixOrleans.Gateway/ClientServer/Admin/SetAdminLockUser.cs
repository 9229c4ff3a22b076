using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Admin;

/// <summary>Locks an account, or ends that.</summary>
internal static class SetAdminLockUser
{
    public static readonly Endpoint Endpoint = new("setAdminLockUser", "PUT", "/_matrix/client/v1/admin/lock/{userId}", Access.Admin, async request =>
    {
        var locked = (await request.Body<Body>()).Locked ?? throw new MatrixException(MatrixError.MissingParam, "locked is missing");
        var (account, _) = await ModeratedUser.Find(request);
        await account.SetLocked(locked);
        return Answer.Of(new { Locked = locked });
    })
    {
        WhileSuspended = false,
    };

    private sealed record Body(bool? Locked);
}
