using MatrixOrleans.Protocol.Media;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Media;

/// <summary>
/// Which blobs are in use. An upload goes: claim, bytes into the store, media row. A blob without a row ends: doomed, bytes deleted, forgotten.
/// A claim holds for <see cref="ClaimMs"/>; of a doomed blob there is none. So whichever way the two meet, a row's bytes are there.
/// </summary>
public sealed class BlobStore
{
    /// <summary>How long a claimed blob that no media has yet is left alone.</summary>
    public const long ClaimMs = 60 * 60 * 1000L;

    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal BlobStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <returns>False while the blob is being deleted.</returns>
    public Task<bool> Claim(BlobId blob, long nowMs) => _writer.Execute(async (session, _) => await session.Execute(
        "insert into media_blobs (blob, check_ms) values (@blob, @end) on conflict (blob) do update set check_ms = excluded.check_ms where media_blobs.doomed = 0",
        ("blob", blob.Value),
        ("end", nowMs + ClaimMs)).ConfigureAwait(false) > 0);

    /// <summary>Dooms blobs that nothing refers to any more, and finds those that were doomed before.</summary>
    public Task<IReadOnlyList<BlobId>> Doom(long nowMs, int countMax) => _writer.Execute<IReadOnlyList<BlobId>>(async (session, _) =>
    {
        var due = await session.Query(
            "select blob from media_blobs where check_ms <= @now order by check_ms limit @limit",
            static reader => reader.String(0),
            ("now", nowMs),
            ("limit", (long)countMax)).ConfigureAwait(false);
        List<BlobId> doomed = [];
        foreach (var blob in due)
        {
            // A claim that came first has moved the moment on; one that comes now waits for this row.
            var arguments = new (string, object?)[] { ("blob", blob), ("now", nowMs) };
            if (await session.Execute(
                """
                update media_blobs set doomed = 1 where blob = @blob and check_ms <= @now
                and not exists (select 1 from media where media.blob = @blob) and not exists (select 1 from media_thumbnails where media_thumbnails.blob = @blob)
                """,
                arguments).ConfigureAwait(false) > 0)
            {
                doomed.Add(BlobId.Parse(blob));
            }
            else
            {
                await session.Execute("update media_blobs set check_ms = null where blob = @blob and check_ms <= @now", arguments).ConfigureAwait(false);
            }
        }

        return doomed;
    });

    /// <summary>After the bytes of a doomed blob are gone.</summary>
    public Task Forget(BlobId blob) => _writer.Execute((session, _) => session.Execute("delete from media_blobs where blob = @blob and doomed = 1", ("blob", blob.Value)));

    /// <summary>Holds the blob for a row that is about to refer to it; false while it is being deleted, or was never claimed.</summary>
    internal static async ValueTask<bool> Hold(WriteSession session, BlobId blob) =>
        await session.Execute("update media_blobs set check_ms = null where blob = @blob and doomed = 0", ("blob", blob.Value)).ConfigureAwait(false) > 0;

    /// <summary>A row that referred to the blob went: it may be the last.</summary>
    internal static async ValueTask Release(WriteSession session, string blob, long nowMs) =>
        await session.Execute("update media_blobs set check_ms = @now where blob = @blob and check_ms is null", ("blob", blob), ("now", nowMs)).ConfigureAwait(false);
}
