using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Grains.Federation.Queries;

/// <summary>What a client hears when another server fails us.</summary>
internal static class RemoteFailure
{
    private static readonly MatrixError BadGateway = MatrixError.Unknown.WithStatus(502);

    /// <summary>The other's refusal where it is one that clients know, else "bad gateway".</summary>
    public static MatrixException Of(FederationException failure) => failure switch
    {
        { Failure: FederationFailure.Forbidden } => new MatrixException(MatrixError.Forbidden, $"This server does not federate with {failure.Server}"),
        { Status: 404 } => new MatrixException(MatrixError.NotFound, $"{failure.Server} knows nothing of it"),
        { Status: 403 } => new MatrixException(MatrixError.Forbidden, $"{failure.Server} does not tell"),
        { Status: 400 } => new MatrixException(MatrixError.InvalidParam, $"{failure.Server} did not accept the request"),
        _ => new MatrixException(BadGateway, $"{failure.Server} could not be asked"),
    };
}
