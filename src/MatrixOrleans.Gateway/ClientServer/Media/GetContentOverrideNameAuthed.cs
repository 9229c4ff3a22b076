using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetContentOverrideNameAuthed
{
    public static readonly Endpoint Endpoint = new("getContentOverrideNameAuthed", "GET", "/_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}", Access.UserOrGuest, request => Downloads.Give(request, MediaPath.Authenticated, request.Path("fileName")));
}
