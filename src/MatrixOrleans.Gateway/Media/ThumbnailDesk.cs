using System.Collections.Concurrent;
using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Media;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Media.Images;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Gateway.Media;

/// <summary>Gives thumbnails out, making each once: what was made is a blob of its own. Who asks for one that is being made waits for it.</summary>
internal sealed class ThumbnailDesk(IBlobStore blobs, Spool spool, Thumbnailer thumbnailer, UploadDesk uploads, GatewayOptions gateway, MediaOptions options)
{
    private readonly ConcurrentDictionary<(string Uri, ThumbnailSpec Spec), Lazy<Task<StoredThumbnail>>> _making = new();

    /// <exception cref="MatrixException">M_UNKNOWN with status 400 for what is no image; M_TOO_LARGE; M_LIMIT_EXCEEDED.</exception>
    public async Task<StoredThumbnail> Get(IGrainFactory grains, MediaInfo info, ThumbnailSpec asked, CancellationToken aborted)
    {
        // Zero stands for "as large as the content is".
        var size = asked.Made(options.DynamicThumbnails);
        var key = size ?? asked with { Width = 0, Height = 0, Method = ThumbnailMethod.Scale };
        var index = grains.GetGrain<IMediaGrain>(0);
        if (await index.FindThumbnail(info.Uri, key) is { } stored)
        {
            return stored;
        }

        var work = _making.GetOrAdd((info.Uri.Value, key), _ => new Lazy<Task<StoredThumbnail>>(() => Make(index, info, size, key)));
        try
        {
            return await work.Value.WaitAsync(aborted);
        }
        catch (MatrixException refusal) when (refusal.Code == MatrixError.TooLarge && !gateway.Tenants.Contains(info.Uri.ServerName))
        {
            throw new MatrixException(MatrixError.TooLarge.WithStatus(502), refusal.Message);
        }
        finally
        {
            if (work.Value.IsCompleted)
            {
                _making.TryRemove(KeyValuePair.Create((info.Uri.Value, key), work));
            }
        }
    }

    private async Task<StoredThumbnail> Make(IMediaGrain index, MediaInfo info, ThumbnailSpec? size, ThumbnailSpec key)
    {
        using var file = await blobs.OpenFile(info.Blob!.Value, CancellationToken.None) ?? throw new MatrixException(MatrixError.NotFound, "Media not found");
        var made = await thumbnailer.Make(file.Path, size, key.Animated, CancellationToken.None);
        StoredThumbnail stored;
        if (made.Bytes is { } bytes)
        {
            using var spooled = await spool.Receive(new MemoryStream(bytes), long.MaxValue, CancellationToken.None);
            await uploads.Keep(index, spooled, CancellationToken.None);
            stored = new StoredThumbnail(spooled.Blob, spooled.Length, made.ContentType);
        }
        else
        {
            stored = new StoredThumbnail(info.Blob!.Value, info.Size, made.ContentType);
        }

        await index.AddThumbnail(info.Uri, key, stored);
        return stored;
    }
}
