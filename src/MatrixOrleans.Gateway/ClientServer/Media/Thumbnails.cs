using System.Globalization;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Gateway.Media;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Gateway.ClientServer.Media;

/// <summary>What the two operations for thumbnails have in common.</summary>
internal static class Thumbnails
{
    public static async ValueTask<Answer> Give(ClientRequest request, MediaPath path)
    {
        var spec = ThumbnailSpec.FromRequest(Side(request, "width"), Side(request, "height"), request.Query("method"), request.QueryFlag("animated"));
        var info = await request.Service<MediaFinder>().Find(request, path);
        var thumbnail = await request.Service<ThumbnailDesk>().Get(request, info, spec);
        return await BlobAnswer.Give(request, thumbnail.Blob, thumbnail.Size, thumbnail.ContentType, ContentDisposition.Write(inline: true, $"thumbnail.{thumbnail.ContentType["image/".Length..]}"));
    }

    private static long Side(ClientRequest request, string name)
    {
        var text = request.Query(name) ?? throw new MatrixException(MatrixError.MissingParam, $"{name} is missing");
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var side) ? side : throw new MatrixException(MatrixError.InvalidParam, $"{name} must be an integer");
    }
}
