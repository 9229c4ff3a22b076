using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.ApplicationServices;

/// <summary>One third-party network (Client-Server API, <c>GET /thirdparty/protocol/{protocol}</c>).</summary>
internal static class GetProtocolMetadata
{
    public static readonly Endpoint Endpoint = new("getProtocolMetadata", "GET", "/_matrix/client/v3/thirdparty/protocol/{protocol}", Access.User, async request =>
        Answer.Write(await ThirdParty.Protocol(request, request.Path("protocol")) ?? throw new MatrixException(MatrixError.NotFound, "There is no such protocol")));
}
