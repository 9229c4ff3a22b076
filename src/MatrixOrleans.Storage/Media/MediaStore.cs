using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Media;

/// <summary>The index of media: ids, who uploaded, where the bytes are.</summary>
public sealed class MediaStore
{
    internal const string Row = """
        select origin, media_id, uploader, blob, size, content_type, file_name, created_ms, expires_ms, seen_ms, unauthenticated, quarantined_by, protected from media

        """;

    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal MediaStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<MediaRow?> Get(MxcUri uri) => await _source.First(Row + "where origin = @origin and media_id = @id", Map, Key(uri)).ConfigureAwait(false);

    /// <summary>Makes an id that waits for its content.</summary>
    /// <returns>False when the user has <paramref name="pendingMax"/> of them.</returns>
    public Task<bool> Begin(MediaRow row, int pendingMax) => _writer.Execute(async (session, _) =>
    {
        await AccountStore.Lock(session, row.Uploader!.Value).ConfigureAwait(false);
        await session.Execute(
            "delete from media where uploader = @user and expires_ms <= @now and blob is null",
            ("user", row.Uploader!.Value.Value),
            ("now", row.CreatedMs)).ConfigureAwait(false);
        var pending = await session.Number("select count(*) from media where uploader = @user and expires_ms is not null", ("user", row.Uploader!.Value.Value)).ConfigureAwait(false);
        return pending < pendingMax && await Insert(session, row).ConfigureAwait(false);
    });

    /// <summary>Adds media with its content. That of other servers has no quota; when it is there already, it stays as it is.</summary>
    /// <param name="userBytesMax">Bytes that the uploader may have; 0: no bound.</param>
    public Task<MediaAdded> Add(MediaRow row, long userBytesMax) => _writer.Execute(async (session, _) =>
    {
        if (row.Uploader is { } user)
        {
            await AccountStore.Lock(session, user).ConfigureAwait(false);
            if (await IsOver(session, user, row.Size, userBytesMax).ConfigureAwait(false))
            {
                return MediaAdded.OverQuota;
            }
        }

        if (!await BlobStore.Hold(session, row.Blob!.Value).ConfigureAwait(false))
        {
            return MediaAdded.BlobGone;
        }

        return await Insert(session, row).ConfigureAwait(false) ? MediaAdded.Added : MediaAdded.Taken;
    });

    /// <summary>Gives an id its content.</summary>
    public Task<MediaAdded> Fill(MediaRow row, long userBytesMax, long nowMs) => _writer.Execute(async (session, _) =>
    {
        var user = row.Uploader!.Value;
        await AccountStore.Lock(session, user).ConfigureAwait(false);
        var state = StateOf(await session.First(Row + "where origin = @origin and media_id = @id", Map, Key(row.Uri)).ConfigureAwait(false), user, nowMs);
        if (state != MediaAdded.Added)
        {
            return state;
        }

        if (await IsOver(session, user, row.Size, userBytesMax).ConfigureAwait(false))
        {
            return MediaAdded.OverQuota;
        }

        if (!await BlobStore.Hold(session, row.Blob!.Value).ConfigureAwait(false))
        {
            return MediaAdded.BlobGone;
        }

        await session.Execute(
            """
            update media set blob = @blob, size = @size, content_type = @type, file_name = @name, expires_ms = null, seen_ms = @now, unauthenticated = @open
            where origin = @origin and media_id = @id
            """,
            ("blob", row.Blob!.Value.Value),
            ("size", row.Size),
            ("type", row.ContentType),
            ("name", row.FileName),
            ("now", nowMs),
            ("open", row.Unauthenticated ? 1L : 0L),
            ("origin", row.Uri.ServerName.Value),
            ("id", row.Uri.MediaId)).ConfigureAwait(false);
        return MediaAdded.Added;
    });

    /// <summary>Whether this user may give this id its content now.</summary>
    public static MediaAdded StateOf(MediaRow? row, UserId user, long nowMs) => row switch
    {
        null => MediaAdded.Unknown,
        { Uploader: var uploader } when uploader != user => MediaAdded.NotYours,
        { Blob: not null } => MediaAdded.Taken,
        { ExpiresMs: var expires } when expires <= nowMs => MediaAdded.Unknown,
        _ => MediaAdded.Added,
    };

    /// <summary>How many bytes this user has uploaded.</summary>
    public async Task<long> BytesOf(UserId user) => await _source.Read(session => BytesOf(session, user)).ConfigureAwait(false);

    /// <summary>Notes that somebody looked.</summary>
    public Task Seen(MxcUri uri, long nowMs) =>
        _writer.Execute((session, _) => session.Execute("update media set seen_ms = @now where origin = @origin and media_id = @id", [.. Key(uri), ("now", nowMs)]));

    /// <summary>A thumbnail that was made, if it was.</summary>
    public async Task<ThumbnailRow?> Thumbnail(MxcUri uri, ThumbnailSpec spec) => await _source.First(
        "select blob, size, content_type from media_thumbnails where origin = @origin and media_id = @id and width = @width and height = @height and method = @method and animated = @animated",
        reader => new ThumbnailRow(uri, spec, BlobId.Parse(reader.String(0)), reader.Number(1), reader.String(2)),
        [.. Key(uri), .. Key(spec)]).ConfigureAwait(false);

    /// <summary>Remembers a thumbnail that was made, if its media is still there.</summary>
    /// <returns>False when the media or the blob went meanwhile.</returns>
    public Task<bool> AddThumbnail(ThumbnailRow row) => _writer.Execute(async (session, _) =>
    {
        if (!await BlobStore.Hold(session, row.Blob).ConfigureAwait(false)
            || await session.Number("select 1 from media where origin = @origin and media_id = @id and blob is not null", Key(row.Uri)).ConfigureAwait(false) is null)
        {
            return false;
        }

        await session.Execute(
            """
            insert into media_thumbnails (origin, media_id, width, height, method, animated, blob, size, content_type)
            values (@origin, @id, @width, @height, @method, @animated, @blob, @size, @type) on conflict do nothing
            """,
            [.. Key(row.Uri), .. Key(row.Spec), ("blob", row.Blob.Value), ("size", row.Size), ("type", row.ContentType)]).ConfigureAwait(false);
        return true;
    });

    internal static MediaRow Map(DbDataReader reader) => new(
        MxcUri.Of(ServerName.Parse(reader.String(0)), reader.String(1)),
        reader.StringOrNull(2) is { } user ? UserId.Parse(user) : null,
        reader.StringOrNull(3) is { } blob ? BlobId.Parse(blob) : null,
        reader.Number(4),
        reader.String(5),
        reader.StringOrNull(6),
        reader.Number(7),
        reader.NumberOrNull(8),
        reader.Number(9),
        reader.Flag(10),
        reader.StringOrNull(11),
        reader.Flag(12));

    internal static (string, object?)[] Key(MxcUri uri) => [("origin", uri.ServerName.Value), ("id", uri.MediaId)];

    private static (string, object?)[] Key(ThumbnailSpec spec) =>
        [("width", (long)spec.Width), ("height", (long)spec.Height), ("method", (long)spec.Method), ("animated", spec.Animated ? 1L : 0L)];

    private static async ValueTask<bool> Insert(SqlSession session, MediaRow row) => await session.Execute(
        """
        insert into media (origin, media_id, uploader, blob, size, content_type, file_name, created_ms, expires_ms, seen_ms, unauthenticated)
        values (@origin, @id, @uploader, @blob, @size, @type, @name, @created, @expires, @created, @open) on conflict do nothing
        """,
        ("origin", row.Uri.ServerName.Value),
        ("id", row.Uri.MediaId),
        ("uploader", row.Uploader?.Value),
        ("blob", row.Blob?.Value),
        ("size", row.Size),
        ("type", row.ContentType),
        ("name", row.FileName),
        ("created", row.CreatedMs),
        ("expires", row.ExpiresMs),
        ("open", row.Unauthenticated ? 1L : 0L)).ConfigureAwait(false) > 0;

    private static async ValueTask<bool> IsOver(SqlSession session, UserId user, long bytes, long bytesMax) =>
        bytesMax > 0 && await BytesOf(session, user).ConfigureAwait(false) + bytes > bytesMax;

    private static async ValueTask<long> BytesOf(SqlSession session, UserId user) =>
        await session.Number("select cast(coalesce(sum(size), 0) as bigint) from media where uploader = @user", ("user", user.Value)).ConfigureAwait(false) ?? 0;
}
