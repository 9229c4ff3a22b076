using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Storage.Media;

/// <summary>What is known of one mxc URI.</summary>
/// <param name="Uploader"><c>null</c> for media of other servers.</param>
/// <param name="Blob"><c>null</c> as long as only the id was made.</param>
/// <param name="ExpiresMs">For an id without content: when it ends.</param>
/// <param name="SeenMs">When somebody last looked, to the day.</param>
/// <param name="Unauthenticated">May be had on the paths without authentication.</param>
/// <param name="QuarantinedBy">Who forbade it, if somebody did.</param>
/// <param name="Protected">Quarantine does not take it.</param>
public sealed record MediaRow(
    MxcUri Uri,
    UserId? Uploader,
    BlobId? Blob,
    long Size,
    string ContentType,
    string? FileName,
    long CreatedMs,
    long? ExpiresMs,
    long SeenMs,
    bool Unauthenticated,
    string? QuarantinedBy = null,
    bool Protected = false);

/// <summary>A thumbnail that was made.</summary>
public sealed record ThumbnailRow(MxcUri Uri, ThumbnailSpec Spec, BlobId Blob, long Size, string ContentType);

/// <summary>What became of an upload.</summary>
public enum MediaAdded
{
    Added,

    /// <summary>The uploader would have more bytes than allowed.</summary>
    OverQuota,

    /// <summary>The blob is being deleted; it must be kept again.</summary>
    BlobGone,

    /// <summary>No such id, or it has expired.</summary>
    Unknown,

    /// <summary>Somebody else made the id.</summary>
    NotYours,

    /// <summary>The id has its content already.</summary>
    Taken,
}
