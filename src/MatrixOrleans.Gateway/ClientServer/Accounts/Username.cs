using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Accounts;

/// <summary>What a wished-for username becomes.</summary>
internal static class Username
{
    /// <summary>The user id of a new account. Capitals become small letters.</summary>
    /// <exception cref="MatrixException">M_INVALID_USERNAME, M_EXCLUSIVE</exception>
    /// <param name="asking">The application service that makes the account; <c>null</c>: somebody else does.</param>
    public static UserId Parse(ClientRequest request, string username, ApplicationService? asking = null)
    {
        var localpart = username.ToLowerInvariant();
        if (!UserId.IsCompliantLocalpart(localpart) || !UserId.TryParse($"@{localpart}:{asking?.Tenant ?? request.Tenant}", out var user))
        {
            throw new MatrixException(MatrixError.InvalidUsername, "A username has the characters a-z, 0-9, and . _ = - / + only, and is not too long");
        }

        request.AppServices.CheckFree(user, asking);
        if (asking is null && request.Options.ReservedUsernames.Any(pattern => pattern.IsMatch(localpart)))
        {
            throw new MatrixException(MatrixError.Exclusive, "This username is reserved");
        }

        return user;
    }

    /// <summary>The same, of a name that is free at the moment.</summary>
    /// <exception cref="MatrixException">M_INVALID_USERNAME, M_EXCLUSIVE, M_USER_IN_USE</exception>
    public static async ValueTask<UserId> Free(ClientRequest request, string username, ApplicationService? asking = null)
    {
        var user = Parse(request, username, asking);
        return await request.Grains.GetGrain<IAccountGrain>(user.Value).Find() is null ? user : throw new MatrixException(MatrixError.UserInUse, "This username is taken");
    }
}
