using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetUrlPreview
{
    public static readonly Endpoint Endpoint = new("getUrlPreview", "GET", "/_matrix/media/v3/preview_url", Access.User, GetUrlPreviewAuthed.Give)
    {
        Rate = RateClass.Send,
        AlsoPaths = LegacyPaths.Of("/_matrix/media/v3/preview_url"),
    };
}
