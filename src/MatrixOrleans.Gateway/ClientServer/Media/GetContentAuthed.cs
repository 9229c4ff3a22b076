using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetContentAuthed
{
    public static readonly Endpoint Endpoint = new("getContentAuthed", "GET", "/_matrix/client/v1/media/download/{serverName}/{mediaId}", Access.UserOrGuest, request => Downloads.Give(request, MediaPath.Authenticated));
}
