using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.ApplicationServices;

/// <summary>Rooms that lead to a place in a third-party network (Client-Server API, <c>GET /thirdparty/location/{protocol}</c>).</summary>
internal static class QueryLocationByProtocol
{
    public static readonly Endpoint Endpoint = new("queryLocationByProtocol", "GET", "/_matrix/client/v3/thirdparty/location/{protocol}", Access.User, request =>
        ThirdParty.List(request, request.Path("protocol"), "location/" + Uri.EscapeDataString(request.Path("protocol"))));
}
