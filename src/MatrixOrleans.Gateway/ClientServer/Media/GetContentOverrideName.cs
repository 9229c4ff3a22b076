using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetContentOverrideName
{
    public static readonly Endpoint Endpoint = new("getContentOverrideName", "GET", "/_matrix/media/v3/download/{serverName}/{mediaId}/{fileName}", Access.Anybody, request => Downloads.Give(request, MediaPath.Legacy, request.Path("fileName")))
    {
        AlsoPaths = LegacyPaths.Of("/_matrix/media/v3/download/{serverName}/{mediaId}/{fileName}"),
    };
}
