using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Media;

/// <summary>Removing media and forbidding it. The bytes go later: <see cref="BlobStore.Doom"/>.</summary>
public sealed class MediaUpkeepStore
{
    private const int RoundRows = 500;

    /// <summary>What is more than this is removed by the next call.</summary>
    private const int RoundsMax = 2_000;

    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal MediaUpkeepStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>Uploads of a user, newest first.</summary>
    public async Task<IReadOnlyList<MediaRow>> OfUser(UserId user, long from, int countMax) => await _source.Query(
        MediaStore.Row + "where uploader = @user and blob is not null order by created_ms desc, media_id desc limit @limit offset @from",
        MediaStore.Map,
        ("user", user.Value),
        ("limit", (long)countMax),
        ("from", from)).ConfigureAwait(false);

    /// <summary>How many uploads the user has.</summary>
    public async Task<long> CountOf(UserId user) => await _source.Number("select count(*) from media where uploader = @user and blob is not null", ("user", user.Value)).ConfigureAwait(false) ?? 0;

    /// <returns>Whether there was such media.</returns>
    public async Task<bool> Remove(MxcUri uri, long nowMs) => await Remove("origin = @origin and media_id = @id", nowMs, MediaStore.Key(uri)).ConfigureAwait(false) > 0;

    /// <summary>All that a user uploaded, made ids included.</summary>
    public Task<int> RemoveOf(UserId user, long nowMs) => Remove("uploader = @user", nowMs, ("user", user.Value));

    /// <summary>Ids whose content did not come in time.</summary>
    public Task<int> RemoveExpired(long nowMs) => Remove("expires_ms <= @now", nowMs);

    /// <summary>Uploads of before this moment that nobody protects.</summary>
    public Task<int> RemoveLocal(long beforeMs, long nowMs) =>
        Remove("uploader is not null and blob is not null and created_ms < @before and protected = 0", nowMs, ("before", beforeMs));

    /// <summary>Media of other servers that nobody looked at since this moment. What is quarantined stays: it would be fetched again.</summary>
    public Task<int> RemoveRemote(long beforeMs, long nowMs) =>
        Remove("uploader is null and seen_ms < @before and quarantined_by is null", nowMs, ("before", beforeMs));

    /// <summary>Forbids media, or allows it again.</summary>
    /// <returns>Whether there was such media, and none that is protected.</returns>
    public Task<bool> Quarantine(MxcUri uri, UserId? by) => _writer.Execute(async (session, _) => (by is { } forbidder
        ? await session.Execute("update media set quarantined_by = @by where origin = @origin and media_id = @id and protected = 0", [.. MediaStore.Key(uri), ("by", forbidder.Value)]).ConfigureAwait(false)
        : await session.Execute("update media set quarantined_by = null where origin = @origin and media_id = @id", MediaStore.Key(uri)).ConfigureAwait(false)) > 0);

    /// <returns>How many uploads of the user were forbidden.</returns>
    public Task<int> QuarantineOf(UserId user, UserId by) => _writer.Execute((session, _) => session.Execute(
        "update media set quarantined_by = @by where uploader = @user and blob is not null and protected = 0 and quarantined_by is null",
        ("by", by.Value),
        ("user", user.Value)));

    /// <summary>Keeps media from being quarantined, or no longer.</summary>
    public Task<bool> Protect(MxcUri uri, bool isProtected) => _writer.Execute(async (session, _) => await session.Execute(
        "update media set protected = @protected where origin = @origin and media_id = @id",
        [.. MediaStore.Key(uri), ("protected", isProtected ? 1L : 0L)]).ConfigureAwait(false) > 0);

    /// <summary>Some at a time, so that no transaction is long.</summary>
    private async Task<int> Remove(string which, long nowMs, params (string, object?)[] arguments)
    {
        var removed = 0;
        for (var round = 0; round < RoundsMax; round++)
        {
            var some = await _writer.Execute((session, _) => RemoveSome(session, which, nowMs, [.. arguments, ("now", nowMs)])).ConfigureAwait(false);
            removed += some;
            if (some < RoundRows)
            {
                break;
            }
        }

        return removed;
    }

    private static async ValueTask<int> RemoveSome(WriteSession session, string which, long nowMs, (string, object?)[] arguments)
    {
        var found = await session.Query(
            $"{MediaStore.Row} where {which} order by origin, media_id limit {RoundRows}",
            MediaStore.Map,
            arguments).ConfigureAwait(false);
        foreach (var row in found)
        {
            var blobs = await session.Query(
                "delete from media_thumbnails where origin = @origin and media_id = @id returning blob",
                static reader => reader.String(0),
                MediaStore.Key(row.Uri)).ConfigureAwait(false);
            await session.Execute("delete from media where origin = @origin and media_id = @id", MediaStore.Key(row.Uri)).ConfigureAwait(false);
            foreach (var blob in blobs.Append(row.Blob?.Value).OfType<string>().Distinct().Order(StringComparer.Ordinal))
            {
                await BlobStore.Release(session, blob, nowMs).ConfigureAwait(false);
            }
        }

        return found.Count;
    }
}
