namespace MatrixOrleans.Media;

/// <summary>Which media the unauthenticated paths of before v1.11 give out (Client-Server API, "Content repository").</summary>
public enum LegacyMedia
{
    /// <summary>None: the paths refuse.</summary>
    Off,

    /// <summary>What was uploaded, or fetched from its server, while they were on.</summary>
    Frozen,

    /// <summary>All.</summary>
    On,
}

/// <summary>What there is to say about media.</summary>
public sealed class MediaOptions
{
    /// <summary>Folder of the blobs and of uploads under way.</summary>
    public string Folder { get; set; } = "media";

    /// <summary>Largest upload in bytes. Default 50 MiB.</summary>
    public long UploadBytesMax { get; set; } = 50 * 1024 * 1024;

    /// <summary>Largest media of another server that is fetched, in bytes. Default 50 MiB.</summary>
    public long RemoteBytesMax { get; set; } = 50 * 1024 * 1024;

    /// <summary>Bytes that one user may have uploaded in all; 0: no bound. Default 0.</summary>
    public long UserBytesMax { get; set; }

    /// <summary>Media ids that one user may have made without uploading to them yet. Default 20.</summary>
    public int PendingMax { get; set; } = 20;

    /// <summary>How long a made media id waits for its content. Default 24 hours.</summary>
    public TimeSpan PendingExpires { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The unauthenticated paths. Default: frozen.</summary>
    public LegacyMedia Legacy { get; set; } = LegacyMedia.Frozen;

    /// <summary>Thumbnails of exactly the size that is asked for, instead of the next standard one. Default: no.</summary>
    public bool DynamicThumbnails { get; set; }

    /// <summary>Largest image that is decoded, in pixels, all frames of a moving one together. Default 50 million.</summary>
    public long ImagePixelsMax { get; set; } = 50_000_000;

    /// <summary>Images that are decoded at the same time. Default: as many as there are processors, at most 4.</summary>
    public int ThumbnailsAtOnce { get; set; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Days after which uploads are removed; 0: never. Default 0.</summary>
    public int RetentionDays { get; set; }

    /// <summary>Days after which media of other servers that nobody looked at is removed; 0: never. Default 0.</summary>
    public int RemoteRetentionDays { get; set; }

    /// <summary>Pages at URLs in messages are fetched to show what is behind them. Default: no.</summary>
    public bool UrlPreviews { get; set; }

    /// <summary>Where the blobs are instead of the folder; <c>null</c>: in the folder.</summary>
    public S3Options? S3 { get; set; }
}

/// <summary>A bucket of an S3 service.</summary>
/// <param name="Endpoint">URL of the service.</param>
/// <param name="Region">Region that requests are signed for.</param>
/// <param name="Prefix">What all keys begin with.</param>
public sealed record S3Options(string Endpoint, string Bucket, string AccessKey, string SecretKey, string Region = "us-east-1", string Prefix = "");
