using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetContentThumbnailAuthed
{
    public static readonly Endpoint Endpoint = new("getContentThumbnailAuthed", "GET", "/_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}", Access.UserOrGuest, request => Thumbnails.Give(request, MediaPath.Authenticated));
}
