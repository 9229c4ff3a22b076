using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Media;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Outbound;
using MatrixOrleans.Outbound.Web;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Media;

namespace MatrixOrleans.Grains.Media;

/// <summary>
/// Fetches media of another server: by the signed path of v1.11, else by the one of before; the answer goes to a file while it comes, and into the blob store
/// when it is whole.
/// </summary>
internal sealed class RemoteMediaGrain(Database database, IFederationClient federation, IWebFetcher web, IBlobStore blobs, Spool spool, MediaKeeper keeper, MediaOptions options, TimeProvider time)
    : Grain, IRemoteMediaGrain
{
    /// <summary>Boundaries, headers and metadata around the content.</summary>
    private const long EnvelopeBytesMax = 64 * 1024;

    /// <summary>Beyond what the other server may wait: finding it and its answer's first bytes.</summary>
    private static readonly TimeSpan Allowance = TimeSpan.FromSeconds(20);

    private Task<MediaInfo>? _fetching;

    public async Task<MediaInfo> Get(ServerName asker, int timeoutMs)
    {
        var uri = MxcUri.Parse(this.GetPrimaryKeyString());
        switch (await database.Media.Get(uri))
        {
            case { QuarantinedBy: not null }:
                throw NotFound();
            case { Blob: not null } row:
                return Info(row);
        }

        // Who comes while it is being fetched waits for that.
        var fetching = _fetching ??= Fetch(uri, asker, timeoutMs);
        try
        {
            return await fetching;
        }
        finally
        {
            if (_fetching == fetching)
            {
                _fetching = null;
            }
        }
    }

    private async Task<MediaInfo> Fetch(MxcUri uri, ServerName asker, int timeoutMs)
    {
        try
        {
            using var file = await Signed(uri, asker, timeoutMs) ?? await Legacy(uri, asker, timeoutMs);
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var row = new MediaRow(uri, null, null, 0, ContentTypes.Keep(file.ContentType), ContentDisposition.ReadFileName(file.Disposition), now, null, now, options.Legacy == LegacyMedia.On);
            return Info(await keeper.Keep(blobs, file.File, row, CancellationToken.None));
        }
        catch (FederationException failure)
        {
            throw failure switch
            {
                { ErrorCode: "M_NOT_YET_UPLOADED" } => new MatrixException(MatrixError.NotYetUploaded, "Content has not yet been uploaded"),
                { ErrorCode: "M_TOO_LARGE" } => TooLarge(),
                { Status: 404 } or { Failure: FederationFailure.Forbidden } => NotFound(),
                { Failure: FederationFailure.BadAnswer } => TooLarge(),
                _ => new MatrixException(MatrixError.Unknown.WithStatus(502), $"{uri.ServerName} does not give the media"),
            };
        }
        catch (WebFetchException failure)
        {
            throw failure.IsTooLarge ? TooLarge() : new MatrixException(MatrixError.Unknown.WithStatus(502), $"{uri.ServerName} does not give the media");
        }
        catch (MatrixException refusal) when (refusal.Code == MatrixError.TooLarge)
        {
            throw TooLarge();
        }
    }

    /// <summary>The path of v1.11; <c>null</c> when the server does not know it.</summary>
    private async Task<Fetched?> Signed(MxcUri uri, ServerName asker, int timeoutMs)
    {
        var call = new FederationCall(asker, uri.ServerName, HttpMethod.Get, $"/_matrix/federation/v1/media/download/{uri.MediaId}?timeout_ms={timeoutMs}")
        {
            BytesMax = options.RemoteBytesMax + EnvelopeBytesMax,
            Timeout = TimeSpan.FromMilliseconds(timeoutMs) + Allowance,
        };
        try
        {
            await using var answer = await federation.Open(call);
            using var whole = await spool.Receive(await answer.Body(), call.BytesMax, CancellationToken.None);
            var media = MixedMedia.Read(whole.Path, answer.ContentType)
                ?? throw new FederationException(uri.ServerName, call.Operation, FederationFailure.Unreachable, "the answer is no multipart/mixed of two parts");
            if (media.Location is { } location)
            {
                return await Elsewhere(uri, location);
            }

            await using var content = File.OpenRead(whole.Path);
            content.Position = media.Offset;
            return new Fetched(await spool.Receive(new PartStream(content, media.Length), options.RemoteBytesMax, CancellationToken.None), media.ContentType, media.Disposition);
        }
        catch (FederationException old) when (old is { Status: 404 or 405, ErrorCode: "M_UNRECOGNIZED" or null })
        {
            return null;
        }
    }

    /// <summary>The path of before; the other server must not ask a third one.</summary>
    private async Task<Fetched> Legacy(MxcUri uri, ServerName asker, int timeoutMs)
    {
        var path = $"/_matrix/media/v3/download/{Uri.EscapeDataString(uri.ServerName.Value)}/{uri.MediaId}?allow_remote=false&timeout_ms={timeoutMs}";
        await using var answer = await federation.Open(new FederationCall(asker, uri.ServerName, HttpMethod.Get, path)
        {
            Signed = false,
            BytesMax = options.RemoteBytesMax,
            Timeout = TimeSpan.FromMilliseconds(timeoutMs) + Allowance,
        });
        return new Fetched(await spool.Receive(await answer.Body(), options.RemoteBytesMax, CancellationToken.None), answer.ContentType, answer.Disposition);
    }

    private async Task<Fetched> Elsewhere(MxcUri uri, string location)
    {
        if (!Uri.TryCreate(location, UriKind.Absolute, out var url))
        {
            throw new MatrixException(MatrixError.Unknown.WithStatus(502), $"{uri.ServerName} does not give the media");
        }

        await using var page = await web.Get(new WebFetch(url) { BytesMax = options.RemoteBytesMax, HttpsOnly = true, Timeout = TimeSpan.FromSeconds(60) });
        return new Fetched(await spool.Receive(page.Body, options.RemoteBytesMax, CancellationToken.None), page.ContentType, page.Disposition);
    }

    private static MediaInfo Info(MediaRow row) =>
        new() { Uri = row.Uri, Blob = row.Blob, Size = row.Size, ContentType = row.ContentType, FileName = row.FileName, Unauthenticated = row.Unauthenticated };

    private static MatrixException NotFound() => new(MatrixError.NotFound, "Media not found");

    private static MatrixException TooLarge() => new(MatrixError.TooLarge.WithStatus(502), "Content is too large to serve");

    private sealed record Fetched(SpooledFile File, string? ContentType, string? Disposition) : IDisposable
    {
        public void Dispose() => File.Dispose();
    }
}
