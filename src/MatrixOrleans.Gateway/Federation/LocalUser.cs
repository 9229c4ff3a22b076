using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.Federation;

/// <summary>"MUST be a user local to the receiving homeserver": of the tenant that is asked, not of another one in the cluster.</summary>
internal static class LocalUser
{
    /// <exception cref="MatrixException">M_MISSING_PARAM, M_INVALID_PARAM</exception>
    public static UserId Of(ServerRequest request, string? text, string name)
    {
        if (string.IsNullOrEmpty(text))
        {
            throw new MatrixException(MatrixError.MissingParam, $"{name} is missing");
        }

        return UserId.TryParse(text, out var user) && user.ServerName == request.Destination
            ? user
            : throw new MatrixException(MatrixError.InvalidParam, $"{name} is no user of {request.Destination}");
    }
}
