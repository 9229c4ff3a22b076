using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Media;
using MatrixOrleans.Protocol.Errors;

namespace MatrixOrleans.Gateway.ClientServer.Media;

internal static class GetUrlPreviewAuthed
{
    private const int UrlLengthMax = 2048;

    public static readonly Endpoint Endpoint = new("getUrlPreviewAuthed", "GET", "/_matrix/client/v1/media/preview_url", Access.User, Give) { Rate = RateClass.Send };

    /// <summary>What is behind a URL. Why there is nothing is not told: it would say what this server can reach.</summary>
    public static async ValueTask<Answer> Give(ClientRequest request)
    {
        if (!request.Service<MediaOptions>().UrlPreviews)
        {
            throw new MatrixException(MatrixError.Unrecognized, "This server previews no URLs");
        }

        var text = request.Query("url") ?? throw new MatrixException(MatrixError.MissingParam, "url is missing");
        if (request.Query("ts") is { } ts && !long.TryParse(ts, out _))
        {
            throw new MatrixException(MatrixError.InvalidParam, "ts must be an integer");
        }

        if (text.Length > UrlLengthMax || !Uri.TryCreate(text, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp) || url.UserInfo.Length > 0)
        {
            throw new MatrixException(MatrixError.InvalidParam, "url must be an absolute http or https URL");
        }

        // What stands behind # is not asked for.
        var page = new Uri(url.GetLeftPart(UriPartial.Query));
        var json = await request.Grains.GetGrain<IUrlPreviewGrain>(UrlPreviewKey.Of(request.Tenant, page)).Get().WaitAsync(request.Aborted);
        return json.IsEmpty ? throw new MatrixException(MatrixError.NotFound, "There is no preview of this URL") : new Answer(json);
    }
}
