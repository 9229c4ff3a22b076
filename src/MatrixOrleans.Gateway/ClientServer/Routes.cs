using MatrixOrleans.Gateway.ClientServer.Discovery;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer;

/// <summary>Every operation that is served, a line each. A test compares the list with the specification's OpenAPI files.</summary>
public static class Routes
{
    public static readonly IReadOnlyList<Endpoint> All =
    [
        .. Discovery,
    ];

    private static IEnumerable<Endpoint> Discovery =>
    [
        GetVersions.Endpoint,
    ];
}
