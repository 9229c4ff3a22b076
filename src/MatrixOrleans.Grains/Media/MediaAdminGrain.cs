using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Media;

/// <summary>What administrators do with media, straight to storage.</summary>
[StatelessWorker, Reentrant]
internal sealed class MediaAdminGrain(Database database, TimeProvider time) : Grain, IMediaAdminGrain
{
    public async Task<UploadsPage> List(UserId user, int from, int limit)
    {
        var rows = await database.MediaUpkeep.OfUser(user, from, limit);
        return new UploadsPage(
            [.. rows.Select(row => new Upload(row.Uri.MediaId, row.ContentType, row.Size, row.FileName, row.CreatedMs, row.SeenMs, row.QuarantinedBy, row.Protected))],
            await database.MediaUpkeep.CountOf(user));
    }

    public Task<bool> Remove(MxcUri uri) => database.MediaUpkeep.Remove(uri, Now());

    public Task<int> RemoveOf(UserId user) => database.MediaUpkeep.RemoveOf(user, Now());

    public Task<int> RemoveRemote(long beforeMs) => database.MediaUpkeep.RemoveRemote(beforeMs, Now());

    public Task<bool> Quarantine(MxcUri uri, UserId? by) => database.MediaUpkeep.Quarantine(uri, by);

    public Task<int> QuarantineOf(UserId user, UserId by) => database.MediaUpkeep.QuarantineOf(user, by);

    public Task<bool> Protect(MxcUri uri, bool isProtected) => database.MediaUpkeep.Protect(uri, isProtected);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
