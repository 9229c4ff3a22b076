using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Admin;

/// <summary>Whether an account is locked.</summary>
internal static class GetAdminLockUser
{
    public static readonly Endpoint Endpoint = new("getAdminLockUser", "GET", "/_matrix/client/v1/admin/lock/{userId}", Access.Admin, async request =>
    {
        var (_, info) = await ModeratedUser.Find(request);
        return Answer.Of(new { Locked = info.IsLocked });
    });
}
