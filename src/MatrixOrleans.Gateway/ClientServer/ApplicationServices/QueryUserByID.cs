using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.ApplicationServices;

/// <summary>Whom in third-party networks a user stands for (Client-Server API, <c>GET /thirdparty/user</c>).</summary>
internal static class QueryUserByID
{
    public static readonly Endpoint Endpoint = new("queryUserByID", "GET", "/_matrix/client/v3/thirdparty/user", Access.User, request => request.Query("userid") is null
        ? throw new MatrixException(MatrixError.MissingParam, "userid is missing")
        : ThirdParty.List(request, null, "user"));
}
