using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin;

/// <summary>Whether an account is suspended.</summary>
internal static class GetAdminSuspendUser
{
    public static readonly Endpoint Endpoint = new("getAdminSuspendUser", "GET", "/_matrix/client/v1/admin/suspend/{userId}", Access.Admin, async request =>
    {
        var (_, info) = await ModeratedUser.Find(request);
        return Answer.Of(new { Suspended = info.IsSuspended });
    });
}
