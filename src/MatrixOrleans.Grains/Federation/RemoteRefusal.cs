using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Grains.Federation;

/// <summary>What a user hears when another server fails the request.</summary>
internal static class RemoteRefusal
{
    /// <summary>Refusals are passed on as they are; that our own request was wrong is our fault and not the user's.</summary>
    public static MatrixException Of(FederationException failure) => failure switch
    {
        { Failure: FederationFailure.Refused, Status: >= 400 and < 500 and not 401 and not 405, ErrorCode: { } code } when code is not ("M_MISSING_PARAM" or "M_INVALID_PARAM" or "M_UNRECOGNIZED") =>
            new MatrixException(new MatrixError(code, failure.Status.Value), $"{failure.Server} refuses"),
        { Failure: FederationFailure.Forbidden } => new MatrixException(MatrixError.Forbidden, $"This server does not federate with {failure.Server}"),
        _ => new MatrixException(MatrixError.Unknown.WithStatus(502), $"{failure.Server} cannot be asked"),
    };
}
