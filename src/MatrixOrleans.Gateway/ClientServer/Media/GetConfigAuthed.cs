using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetConfigAuthed
{
    public static readonly Endpoint Endpoint = new("getConfigAuthed", "GET", "/_matrix/client/v1/media/config", Access.UserOrGuest, request => ValueTask.FromResult(Give(request)));

    /// <summary>How much may be uploaded at once.</summary>
    public static Answer Give(ClientRequest request) => Answer.Of(new Dictionary<string, long> { ["m.upload.size"] = request.Service<MediaOptions>().UploadBytesMax });
}
