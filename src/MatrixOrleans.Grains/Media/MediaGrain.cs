using System.Buffers.Text;
using System.Security.Cryptography;
using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Media;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Media;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Media;

/// <summary>The index of media, straight from storage.</summary>
[StatelessWorker, Reentrant]
internal sealed class MediaGrain(Database database, MediaOptions options, TimeProvider time) : Grain, IMediaGrain
{
    private const int MediaIdBytes = 18;

    /// <summary>How exactly it is known when media was last looked at.</summary>
    private const long SeenEveryMs = 24 * 60 * 60 * 1000L;

    public async Task<MediaInfo?> Find(MxcUri uri)
    {
        var now = Now();
        if (await database.Media.Get(uri) is not { QuarantinedBy: null } row || (row.Blob is null && row.ExpiresMs <= now))
        {
            return null;
        }

        if (row.Blob is not null && now - row.SeenMs > SeenEveryMs)
        {
            await database.Media.Seen(uri, now);
        }

        return new MediaInfo { Uri = uri, Blob = row.Blob, Size = row.Size, ContentType = row.ContentType, FileName = row.FileName, Unauthenticated = row.Unauthenticated };
    }

    public async Task<MadeMediaId> MakeId(UserId user)
    {
        var now = Now();
        var made = new MadeMediaId(NewUri(user), now + (long)options.PendingExpires.TotalMilliseconds);
        var row = new MediaRow(made.Uri, user, null, 0, "", null, now, made.ExpiresMs, now, false);
        return await database.Media.Begin(row, options.PendingMax)
            ? made
            : throw new MatrixException(MatrixError.LimitExceeded, "Too many media ids are waiting for their content") { RetryAfterMs = 60_000 };
    }

    public async Task CheckUpload(UserId user, MxcUri? uri, long bytes)
    {
        if (uri is { } waiting)
        {
            Check(MediaStore.StateOf(await database.Media.Get(waiting), user, Now()));
        }

        if (options.UserBytesMax > 0 && await database.Media.BytesOf(user) + bytes > options.UserBytesMax)
        {
            Check(MediaAdded.OverQuota);
        }
    }

    public Task<bool> Claim(BlobId blob) => database.Blobs.Claim(blob, Now());

    public async Task<MxcUri> Uploaded(MediaUpload upload)
    {
        var now = Now();
        var row = new MediaRow(
            upload.Uri ?? NewUri(upload.Uploader),
            upload.Uploader,
            upload.Blob,
            upload.Size,
            upload.ContentType,
            upload.FileName,
            now,
            null,
            now,
            options.Legacy == LegacyMedia.On);
        Check(upload.Uri is null ? await database.Media.Add(row, options.UserBytesMax) : await database.Media.Fill(row, options.UserBytesMax, now));
        if (upload.Uri is not null)
        {
            await GrainFactory.GetGrain<IAwaitedMediaGrain>(row.Uri.Value).Came();
        }

        return row.Uri;
    }

    public async Task<StoredThumbnail?> FindThumbnail(MxcUri uri, ThumbnailSpec spec) =>
        await database.Media.Thumbnail(uri, spec) is { } row ? new StoredThumbnail(row.Blob, row.Size, row.ContentType) : null;

    public Task AddThumbnail(MxcUri uri, ThumbnailSpec spec, StoredThumbnail thumbnail) =>
        database.Media.AddThumbnail(new ThumbnailRow(uri, spec, thumbnail.Blob, thumbnail.Size, thumbnail.ContentType));

    private static MxcUri NewUri(UserId user) => MxcUri.Of(user.ServerName, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(MediaIdBytes)));

    private static void Check(MediaAdded added)
    {
        switch (added)
        {
            case MediaAdded.Added:
                return;
            case MediaAdded.OverQuota:
                throw new MatrixException(MatrixError.Forbidden, "Your quota for uploads is used up");
            case MediaAdded.NotYours:
                throw new MatrixException(MatrixError.Forbidden, "Only who made a media id may upload to it");
            case MediaAdded.Taken:
                throw new MatrixException(MatrixError.CannotOverwriteMedia, "Media already uploaded");
            case MediaAdded.BlobGone:
                throw new MatrixException(MatrixError.Unavailable, "The upload took too long");
            default:
                throw new MatrixException(MatrixError.NotFound, "Unknown media ID");
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
