using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Media;

namespace MatrixOrleans.Grains.Media;

/// <summary>Keeps content that a silo fetched: claim, bytes, row, as for an upload.</summary>
internal sealed class MediaKeeper(Database database, TimeProvider time)
{
    private const int ClaimsMax = 20;

    private static readonly TimeSpan ClaimAgainAfter = TimeSpan.FromMilliseconds(100);

    /// <exception cref="MatrixException">M_UNKNOWN with status 503.</exception>
    public async Task<MediaRow> Keep(IBlobStore blobs, SpooledFile file, MediaRow row, CancellationToken cancel)
    {
        for (var attempt = 1; !await database.Blobs.Claim(file.Blob, time.GetUtcNow().ToUnixTimeMilliseconds()); attempt++)
        {
            if (attempt == ClaimsMax)
            {
                throw new MatrixException(MatrixError.Unavailable, "The same content is just being deleted");
            }

            await Task.Delay(ClaimAgainAfter, time, cancel);
        }

        await blobs.Keep(file, cancel);
        var added = await database.Media.Add(row with { Blob = file.Blob, Size = file.Length }, 0);
        return added is MediaAdded.Added or MediaAdded.Taken && await database.Media.Get(row.Uri) is { Blob: not null } kept
            ? kept
            : throw new MatrixException(MatrixError.Unavailable, "The content could not be kept");
    }
}
