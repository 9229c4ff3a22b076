using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Media;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;
using Microsoft.AspNetCore.Http.Features;

namespace MatrixOrleans.Gateway.Media;

/// <summary>
/// Takes uploads in: may the user, the bytes to a file while they come, the blob claimed, the bytes into the store, and last the row that makes them
/// media. Whatever breaks off on the way leaves no media, and no bytes that nobody finds.
/// </summary>
internal sealed class UploadDesk(IBlobStore blobs, Spool spool, MediaOptions options, TimeProvider time)
{
    /// <summary>Times that a blob is claimed which is just being deleted.</summary>
    private const int ClaimsMax = 20;

    private static readonly TimeSpan ClaimAgainAfter = TimeSpan.FromMilliseconds(100);

    /// <param name="uri">The id that was made for the content; <c>null</c> for a new one.</param>
    /// <exception cref="MatrixException">M_TOO_LARGE, and those of <see cref="IMediaGrain.CheckUpload"/>.</exception>
    public async Task<MxcUri> Receive(ClientRequest request, MxcUri? uri)
    {
        var http = request.Http.Request;
        if (http.ContentLength > options.UploadBytesMax)
        {
            throw new MatrixException(MatrixError.TooLarge, $"Cannot upload files larger than {options.UploadBytesMax} bytes");
        }

        var index = request.Grains.GetGrain<IMediaGrain>(0);
        await index.CheckUpload(request.User, uri, http.ContentLength ?? 0);
        if (request.Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = options.UploadBytesMax;
        }

        using var file = await spool.Receive(http.Body, options.UploadBytesMax, request.Aborted);
        await Keep(index, file, request.Aborted);
        return await index.Uploaded(new MediaUpload
        {
            Uploader = request.User,
            Uri = uri,
            Blob = file.Blob,
            Size = file.Length,
            ContentType = ContentTypes.Keep(http.ContentType),
            FileName = ContentDisposition.KeepFileName(request.Query("filename")),
        });
    }

    /// <summary>Puts bytes into the store so that a row may refer to them.</summary>
    public async Task Keep(IMediaGrain index, SpooledFile file, CancellationToken cancel)
    {
        for (var attempt = 1; !await index.Claim(file.Blob); attempt++)
        {
            if (attempt == ClaimsMax)
            {
                throw new MatrixException(MatrixError.Unavailable, "The same content is just being deleted");
            }

            await Task.Delay(ClaimAgainAfter, time, cancel);
        }

        await blobs.Keep(file, cancel);
    }
}
