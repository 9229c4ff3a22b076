using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Protocol.Media;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Gateway.Federation.Media;

internal static class GetContentThumbnail
{
    public static readonly ServerEndpoint Endpoint = new("getContentThumbnail", "GET", "/_matrix/federation/v1/media/thumbnail/{mediaId}", ServerAccess.Server, Handle);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var spec = ThumbnailSpec.FromRequest(request.Query("width"), request.Query("height"), request.Query("method"), request.Query("animated") == "true");
        var info = await GetContent.Find(request);
        var services = request.Http.RequestServices;
        var thumbnail = await services.GetRequiredService<ThumbnailDesk>().Get(request.Grains, info, spec, request.Aborted);
        var disposition = ContentDisposition.Write(inline: true, $"thumbnail.{thumbnail.ContentType["image/".Length..]}");
        return await MixedAnswer.Give(services.GetRequiredService<IBlobStore>(), thumbnail.Blob, thumbnail.Size, thumbnail.ContentType, disposition, request.Aborted);
    }
}
