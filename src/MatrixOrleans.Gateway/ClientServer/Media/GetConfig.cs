using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetConfig
{
    public static readonly Endpoint Endpoint = new("getConfig", "GET", "/_matrix/media/v3/config", Access.UserOrGuest, request => ValueTask.FromResult(GetConfigAuthed.Give(request)))
    {
        AlsoPaths = LegacyPaths.Of("/_matrix/media/v3/config"),
    };
}
