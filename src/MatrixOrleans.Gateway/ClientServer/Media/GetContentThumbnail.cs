using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetContentThumbnail
{
    public static readonly Endpoint Endpoint = new("getContentThumbnail", "GET", "/_matrix/media/v3/thumbnail/{serverName}/{mediaId}", Access.Anybody, request => Thumbnails.Give(request, MediaPath.Legacy))
    {
        AlsoPaths = LegacyPaths.Of("/_matrix/media/v3/thumbnail/{serverName}/{mediaId}"),
    };
}
