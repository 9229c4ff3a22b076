using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.Federation.Queries;

/// <summary>Queries of a type that is not among those with an operation of their own: there are none.</summary>
internal static class QueryInfo
{
    public static readonly ServerEndpoint Endpoint = new("queryInfo", "GET", "/_matrix/federation/v1/query/{queryType}", ServerAccess.Server, Handle);

    private static ValueTask<Answer> Handle(ServerRequest request) => throw new MatrixException(MatrixError.Unrecognized, $"There are no queries of the type {request.Path("queryType")}");
}
