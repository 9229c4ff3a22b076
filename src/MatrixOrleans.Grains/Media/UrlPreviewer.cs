using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Media;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Media.Images;
using MatrixOrleans.Media.Previews;
using MatrixOrleans.Outbound.Web;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;
using MatrixOrleans.Storage.Media;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Media;

/// <summary>Fetches a page and what stands for it, a few at a time. The image becomes media of ours for a while: readers tell the page's server nothing.</summary>
internal sealed partial class UrlPreviewer(IWebFetcher web, IBlobStore blobs, Spool spool, MediaKeeper keeper, MediaOptions options, TimeProvider time, ILogger<UrlPreviewer> log) : IDisposable
{
    private const int AtOnceMax = 8;
    private const long ImageBytesMax = 10 * 1024 * 1024;
    private const int MediaIdBytes = 18;

    private static readonly TimeSpan ImageKept = TimeSpan.FromDays(30);
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SemaphoreSlim _places = new(AtOnceMax);

    /// <returns>Open Graph properties as a JSON object; empty when nothing could be had.</returns>
    public async Task<ReadOnlyMemory<byte>> Make(ServerName tenant, Uri url)
    {
        await _places.WaitAsync();
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(await Properties(tenant, url), Json);
        }
        catch (WebFetchException failure)
        {
            LogFailure(log, failure, url.Host);
            return ReadOnlyMemory<byte>.Empty;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task<Dictionary<string, object>> Properties(ServerName tenant, Uri url)
    {
        Dictionary<string, object> properties = [];
        Uri? image;
        await using (var page = await web.Get(new WebFetch(url, "text/html,application/xhtml+xml;q=0.9,image/*;q=0.8,*/*;q=0.1") { BytesMax = PageSummary.BytesMax, CutAtBytesMax = true }))
        {
            var type = ContentTypes.Essence(page.ContentType ?? "").ToString().ToLowerInvariant();
            if (type.StartsWith("image/", StringComparison.Ordinal))
            {
                image = page.Url;
            }
            else if (type is "text/html" or "application/xhtml+xml")
            {
                using var bytes = new MemoryStream();
                await page.Body.CopyToAsync(bytes);
                var summary = PageSummary.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), page.ContentType);
                foreach (var (name, value) in summary.Properties)
                {
                    properties[name] = value;
                }

                image = summary.Image is { } address && Uri.TryCreate(page.Url, address, out var absolute) ? absolute : null;
            }
            else
            {
                return properties;
            }
        }

        if (image is not null)
        {
            await AddImage(tenant, image, properties);
        }

        return properties;
    }

    /// <summary>A page without its image is still worth showing.</summary>
    private async Task AddImage(ServerName tenant, Uri url, Dictionary<string, object> properties)
    {
        try
        {
            await using var fetched = await web.Get(new WebFetch(url, "image/*") { BytesMax = ImageBytesMax });
            using var file = await spool.Receive(fetched.Body, ImageBytesMax, CancellationToken.None);
            var header = ImageHeader.ReadBearable(file.Path, options.ImagePixelsMax);
            var now = time.GetUtcNow();
            var uri = MxcUri.Of(tenant, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(MediaIdBytes)));
            var row = new MediaRow(uri, null, null, 0, header.ContentType, null, now.ToUnixTimeMilliseconds(), (now + ImageKept).ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds(), false);
            await keeper.Keep(blobs, file, row, CancellationToken.None);
            properties["og:image"] = uri.Value;
            properties["og:image:type"] = header.ContentType;
            properties["og:image:width"] = header.Width;
            properties["og:image:height"] = header.Height;
            properties["matrix:image:size"] = file.Length;
        }
        catch (Exception failure) when (failure is WebFetchException or MatrixException)
        {
            LogFailure(log, failure, url.IsAbsoluteUri ? url.Host : "");
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "No preview from {Host}")]
    private static partial void LogFailure(ILogger log, Exception failure, string host);
}
