using System.Globalization;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Media;
using Microsoft.AspNetCore.Http;

namespace MatrixOrleans.Gateway.Media;

/// <summary>Gives a blob out: whole, in part, or not at all when the client has it. With the headers that keep it from doing harm in a browser.</summary>
internal static class BlobAnswer
{
    private const int CopyBufferBytes = 64 * 1024;

    private static readonly Dictionary<string, string> Always = new()
    {
        // Client-Server API, "Content repository".
        ["Content-Security-Policy"] = "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; object-src 'self';",
        ["Cross-Origin-Resource-Policy"] = "cross-origin",
        ["X-Content-Type-Options"] = "nosniff",
        ["Referrer-Policy"] = "no-referrer",
        ["X-Robots-Tag"] = "noindex, nofollow, noarchive, noimageindex",
        ["Accept-Ranges"] = "bytes",

        // What an mxc URI means never changes; that it may be seen can.
        ["Cache-Control"] = "private, max-age=86400, immutable",
        ["Access-Control-Expose-Headers"] = "ETag, Content-Disposition, Content-Range",
    };

    /// <exception cref="MatrixException">M_NOT_FOUND when the blob store does not have it.</exception>
    public static async Task<Answer> Give(ClientRequest request, BlobId blob, long size, string contentType, string disposition)
    {
        var headers = new Dictionary<string, string>(Always)
        {
            ["ETag"] = $"\"{blob.Value}\"",
            ["Content-Disposition"] = disposition,
        };
        var asked = request.Http.Request.Headers;
        if (asked.IfNoneMatch.ToString().Contains(headers["ETag"], StringComparison.Ordinal))
        {
            return new Answer(ReadOnlyMemory<byte>.Empty, StatusCodes.Status304NotModified) { ContentType = contentType, Headers = headers };
        }

        var same = asked.IfRange.Count == 0 || asked.IfRange.ToString() == headers["ETag"];
        var range = same ? ByteRange.Read(asked.Range.Count == 1 ? asked.Range[0] : null, size) : null;
        if (range is { Length: 0 })
        {
            return Answer.Of(new { Errcode = MatrixError.InvalidParam.Code, Error = "The range begins behind the end" }, StatusCodes.Status416RangeNotSatisfiable) with
            {
                Headers = new Dictionary<string, string> { ["Content-Range"] = $"bytes */{size}" },
            };
        }

        var (offset, length) = range is { } part ? (part.Offset, part.Length) : (0, size);
        if (range is not null)
        {
            headers["Content-Range"] = string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-{offset + length - 1}/{size}");
        }

        var content = await request.Service<IBlobStore>().Open(blob, offset, length, request.Aborted) ?? throw new MatrixException(MatrixError.NotFound, "Media not found");
        return new Answer(ReadOnlyMemory<byte>.Empty, range is null ? StatusCodes.Status200OK : StatusCodes.Status206PartialContent)
        {
            ContentType = contentType,
            Headers = headers,
            BodyLength = length,
            WriteBody = async (body, cancel) =>
            {
                await using (content)
                {
                    await content.CopyToAsync(body, CopyBufferBytes, cancel);
                }
            },
        };
    }
}
