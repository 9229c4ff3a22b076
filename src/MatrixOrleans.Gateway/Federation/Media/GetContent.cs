using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Gateway.Federation.Media;

internal static class GetContent
{
    public static readonly ServerEndpoint Endpoint = new("getContent", "GET", "/_matrix/federation/v1/media/download/{mediaId}", ServerAccess.Server, Handle);

    /// <summary>The media of the server that was asked; others' is theirs to give.</summary>
    public static Task<MediaInfo> Find(ServerRequest request) => MediaFinder.Local(
        request.Grains,
        MxcUri.FromRequest(request.Destination.Value, request.Path("mediaId")),
        request.QueryInteger("timeout_ms", MediaFinder.TimeoutMsDefault, MediaFinder.TimeoutMsMax),
        request.Time,
        request.Aborted);

    private static async ValueTask<Answer> Handle(ServerRequest request)
    {
        var info = await Find(request);
        var blobs = request.Http.RequestServices.GetRequiredService<IBlobStore>();
        return await MixedAnswer.Give(blobs, info.Blob!.Value, info.Size, info.ContentType, ContentDisposition.Write(info.ContentType, info.FileName), request.Aborted);
    }
}
