using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

/// <summary>What the four operations that download have in common.</summary>
internal static class Downloads
{
    /// <param name="fileName">What to call it in place of the uploader's name; <c>null</c> to leave that.</param>
    public static async ValueTask<Answer> Give(ClientRequest request, MediaPath path, string? fileName = null)
    {
        var info = await request.Service<MediaFinder>().Find(request, path);
        return await BlobAnswer.Give(request, info.Blob!.Value, info.Size, info.ContentType, ContentDisposition.Write(info.ContentType, fileName ?? info.FileName));
    }
}
