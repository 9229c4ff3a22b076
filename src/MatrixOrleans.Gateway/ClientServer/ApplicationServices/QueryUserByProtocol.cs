using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.ApplicationServices;

/// <summary>Users who stand for somebody in a third-party network (Client-Server API, <c>GET /thirdparty/user/{protocol}</c>).</summary>
internal static class QueryUserByProtocol
{
    public static readonly Endpoint Endpoint = new("queryUserByProtocol", "GET", "/_matrix/client/v3/thirdparty/user/{protocol}", Access.User, request =>
        ThirdParty.List(request, request.Path("protocol"), "user/" + Uri.EscapeDataString(request.Path("protocol"))));
}
