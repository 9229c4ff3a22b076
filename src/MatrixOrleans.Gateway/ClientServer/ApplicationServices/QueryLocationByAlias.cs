using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.ApplicationServices;

/// <summary>The places in third-party networks to which an alias leads (Client-Server API, <c>GET /thirdparty/location</c>).</summary>
internal static class QueryLocationByAlias
{
    public static readonly Endpoint Endpoint = new("queryLocationByAlias", "GET", "/_matrix/client/v3/thirdparty/location", Access.User, request => request.Query("alias") is null
        ? throw new MatrixException(MatrixError.MissingParam, "alias is missing")
        : ThirdParty.List(request, null, "location"));
}
