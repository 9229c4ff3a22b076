using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetContent
{
    public static readonly Endpoint Endpoint = new("getContent", "GET", "/_matrix/media/v3/download/{serverName}/{mediaId}", Access.Anybody, request => Downloads.Give(request, MediaPath.Legacy))
    {
        AlsoPaths = LegacyPaths.Of("/_matrix/media/v3/download/{serverName}/{mediaId}"),
    };
}
