using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Contracts.Media;

/// <summary>What a gateway needs to give media out.</summary>
[GenerateSerializer, Immutable, Alias("MediaInfo")]
public sealed record MediaInfo
{
    [Id(0)]
    public required MxcUri Uri { get; init; }

    /// <summary><c>null</c> as long as only the id was made.</summary>
    [Id(1)]
    public BlobId? Blob { get; init; }

    /// <summary>In bytes.</summary>
    [Id(2)]
    public long Size { get; init; }

    [Id(3)]
    public string ContentType { get; init; } = "";

    [Id(4)]
    public string? FileName { get; init; }

    /// <summary>May be had on the paths without authentication.</summary>
    [Id(5)]
    public bool Unauthenticated { get; init; }
}

/// <summary>Content that a gateway put into the blob store.</summary>
[GenerateSerializer, Immutable, Alias("MediaUpload")]
public sealed record MediaUpload
{
    [Id(0)]
    public required UserId Uploader { get; init; }

    /// <summary>The id that was made before; <c>null</c> for a new one.</summary>
    [Id(1)]
    public MxcUri? Uri { get; init; }

    [Id(2)]
    public required BlobId Blob { get; init; }

    [Id(3)]
    public required long Size { get; init; }

    [Id(4)]
    public required string ContentType { get; init; }

    [Id(5)]
    public string? FileName { get; init; }
}

/// <summary>An id that waits for its content.</summary>
/// <param name="ExpiresMs">Milliseconds since 1970.</param>
[GenerateSerializer, Immutable, Alias("MadeMediaId")]
public sealed record MadeMediaId([property: Id(0)] MxcUri Uri, [property: Id(1)] long ExpiresMs);

/// <summary>A thumbnail that was made and is in the blob store.</summary>
[GenerateSerializer, Immutable, Alias("StoredThumbnail")]
public sealed record StoredThumbnail([property: Id(0)] BlobId Blob, [property: Id(1)] long Size, [property: Id(2)] string ContentType);
