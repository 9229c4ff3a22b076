using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Admin;

/// <summary>The account that an administrator looks at or moderates (Client-Server API, "Server administration").</summary>
internal static class ModeratedUser
{
    /// <exception cref="MatrixException">M_INVALID_PARAM: of another homeserver. M_NOT_FOUND: none, or deactivated. M_FORBIDDEN: an administrator.</exception>
    public static async ValueTask<(IAccountGrain Account, AccountInfo Info)> Find(ClientRequest request)
    {
        var user = UserId.FromRequest(request.Path("userId"));
        if (user.ServerName != request.Tenant)
        {
            throw new MatrixException(MatrixError.InvalidParam, "The user does not belong to this homeserver");
        }

        var account = request.Grains.GetGrain<IAccountGrain>(user.Value);
        if (await account.Find() is not { IsDeactivated: false } info)
        {
            throw new MatrixException(MatrixError.NotFound, "No such user");
        }

        // That includes oneself.
        return info.IsAdmin ? throw new MatrixException(MatrixError.Forbidden, "Administrators cannot be moderated") : (account, info);
    }
}
