using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

/// <summary>What the two operations for thumbnails have in common.</summary>
internal static class Thumbnails
{
    public static async ValueTask<Answer> Give(ClientRequest request, MediaPath path)
    {
        var spec = ThumbnailSpec.FromRequest(request.Query("width"), request.Query("height"), request.Query("method"), request.QueryFlag("animated"));
        var info = await request.Service<MediaFinder>().Find(request, path);
        var thumbnail = await request.Service<ThumbnailDesk>().Get(request.Grains, info, spec, request.Aborted);
        return await BlobAnswer.Give(request, thumbnail.Blob, thumbnail.Size, thumbnail.ContentType, ContentDisposition.Write(inline: true, $"thumbnail.{thumbnail.ContentType["image/".Length..]}"));
    }
}
