using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.ClientServer.Users;

/// <summary>The user of operations whose path names a user, who must be the one who asks.</summary>
internal static class OwnAccount
{
    /// <param name="refusal">The text for others than the user.</param>
    /// <exception cref="MatrixException">M_FORBIDDEN for anybody else's user id, well-formed or not.</exception>
    public static IUserGrain Of(ClientRequest request, string refusal) => request.Path("userId") == request.User.Value
        ? request.Grains.GetGrain<IUserGrain>(request.User.Value)
        : throw new MatrixException(MatrixError.Forbidden, refusal);

    /// <summary>A user of this server or another, as the path names it.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM</exception>
    public static UserId Named(ClientRequest request) => UserId.FromRequest(request.Path("userId"));

    /// <summary>Whether another server must be asked about the user, which is done for our users only.</summary>
    /// <exception cref="MatrixException">M_MISSING_TOKEN</exception>
    public static bool IsElsewhere(ClientRequest request, UserId user)
    {
        if (request.Options.Tenants.Contains(user.ServerName))
        {
            return false;
        }

        _ = request.Session;
        return true;
    }
}
