using MatrixOrleans.Gateway.Federation.Media;

namespace MatrixOrleans.Gateway.Federation;

/// <summary>Every operation of the server-server API that is served, a line each. A test compares the list with the specification's OpenAPI files.</summary>
public static class ServerRoutes
{
    public static readonly IReadOnlyList<ServerEndpoint> All =
    [
        GetContent.Endpoint,
        GetContentThumbnail.Endpoint,
    ];
}
