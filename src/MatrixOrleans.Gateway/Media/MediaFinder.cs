using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Media;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.Media;

/// <summary>Which of the two families of paths is asked.</summary>
internal enum MediaPath
{
    /// <summary><c>/_matrix/client/v1/media</c>, for who is logged in.</summary>
    Authenticated,

    /// <summary><c>/_matrix/media</c>, for everybody; deprecated by v1.11.</summary>
    Legacy,
}

/// <summary>Finds what is to be given out, waiting for content that is on its way.</summary>
internal sealed class MediaFinder(GatewayOptions gateway, MediaOptions options)
{
    public const int TimeoutMsDefault = 20_000;
    public const int TimeoutMsMax = 60_000;

    /// <exception cref="MatrixException">M_NOT_FOUND; M_NOT_YET_UPLOADED when the content did not come in time; M_UNRECOGNIZED where the path is off.</exception>
    public async Task<MediaInfo> Find(ClientRequest request, MediaPath path)
    {
        if (path == MediaPath.Legacy && options.Legacy == LegacyMedia.Off)
        {
            throw new MatrixException(MatrixError.Unrecognized, "Media is given to who is logged in only");
        }

        var uri = MxcUri.FromRequest(request.Path("serverName"), request.Path("mediaId"));
        var timeoutMs = request.QueryInteger("timeout_ms", TimeoutMsDefault, TimeoutMsMax);
        var info = gateway.Tenants.Contains(uri.ServerName) ? await Local(request.Grains, uri, timeoutMs, request.Time, request.Aborted) : await Remote(request, uri, timeoutMs, path);
        return path == MediaPath.Legacy && options.Legacy == LegacyMedia.Frozen && !info.Unauthenticated ? throw NotFound() : info;
    }

    /// <summary>Media of a tenant, waiting for content that is on its way.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND, M_NOT_YET_UPLOADED.</exception>
    public static async Task<MediaInfo> Local(IGrainFactory grains, MxcUri uri, int timeoutMs, TimeProvider time, CancellationToken aborted)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var info = await grains.GetGrain<IMediaGrain>(0).Find(uri) ?? throw NotFound();
            if (info.Blob is not null)
            {
                return info;
            }

            var left = timeoutMs - (int)time.GetElapsedTime(started).TotalMilliseconds;
            if (left <= 0)
            {
                throw new MatrixException(MatrixError.NotYetUploaded, "Content has not yet been uploaded");
            }

            await grains.GetGrain<IAwaitedMediaGrain>(uri.Value).Wait(Math.Min(left, IAwaitedMediaGrain.WaitMsMax)).WaitAsync(aborted);
        }
    }

    /// <summary>Media of another server: here already, else fetched, unless this is a path that anybody may have asked.</summary>
    private async Task<MediaInfo> Remote(ClientRequest request, MxcUri uri, int timeoutMs, MediaPath path)
    {
        if (await request.Grains.GetGrain<IMediaGrain>(0).Find(uri) is { Blob: not null } info)
        {
            return info;
        }

        // What nobody may see afterwards is not fetched; strangers fill no disk.
        var mayFetch = path == MediaPath.Authenticated || (options.Legacy == LegacyMedia.On && request.QueryFlag("allow_remote", missing: true));
        return mayFetch ? await request.Grains.GetGrain<IRemoteMediaGrain>(uri.Value).Get(request.Tenant, timeoutMs).WaitAsync(request.Aborted) : throw NotFound();
    }

    private static MatrixException NotFound() => new(MatrixError.NotFound, "Media not found");
}
