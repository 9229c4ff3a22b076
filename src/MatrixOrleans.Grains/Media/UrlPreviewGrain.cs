using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Media;

namespace MatrixOrleans.Grains.Media;

/// <summary>One URL: from the database if it is fresh, else fetched. Who asks meanwhile is answered with the same.</summary>
internal sealed class UrlPreviewGrain(Database database, UrlPreviewer previewer, TimeProvider time) : Grain, IUrlPreviewGrain
{
    private const long FreshMs = 60 * 60 * 1000L;

    /// <summary>A failure is remembered too, but not for long.</summary>
    private const long FailureFreshMs = 5 * 60 * 1000L;

    public async Task<ReadOnlyMemory<byte>> Get()
    {
        var (tenant, url) = UrlPreviewKey.Parse(this.GetPrimaryKeyString());
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (await database.UrlPreviews.Get(tenant, url.AbsoluteUri) is { } known && now - known.FetchedMs < (known.Json.IsEmpty ? FailureFreshMs : FreshMs))
        {
            return known.Json;
        }

        var json = await previewer.Make(tenant, url);
        await database.UrlPreviews.Set(new UrlPreviewRow(tenant, url.AbsoluteUri, json, now));
        return json;
    }
}
