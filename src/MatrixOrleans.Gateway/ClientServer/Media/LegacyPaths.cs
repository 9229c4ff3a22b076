namespace MatrixOrleans.Gateway.ClientServer.Media;

/// <summary>The names that the paths below <c>/_matrix/media</c> had before v3.</summary>
internal static class LegacyPaths
{
    public static string[] Of(string path) => [path.Replace("/v3/", "/r0/", StringComparison.Ordinal), path.Replace("/v3/", "/v1/", StringComparison.Ordinal)];
}
