using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Contracts.Media;

/// <summary>
/// The index of media (Client-Server API, "Content repository"); a stateless worker over storage, key 0. The bytes never come here: gateways put them
/// into the blob store and read them from it.
/// </summary>
[Alias("IMediaGrain")]
public interface IMediaGrain : IGrainWithIntegerKey
{
    /// <summary>What there is at this URI; <c>null</c> for nothing, and for what is forbidden or expired.</summary>
    [Alias("Find")]
    Task<MediaInfo?> Find(MxcUri uri);

    /// <summary>Makes an id on the user's server for content that comes later.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_LIMIT_EXCEEDED when too many of the user's wait.</exception>
    [Alias("MakeId")]
    Task<MadeMediaId> MakeId(UserId user);

    /// <summary>Before content is received: may this user upload so many bytes, to this id?</summary>
    /// <param name="uri"><c>null</c> for a new id.</param>
    /// <param name="bytes">As the request says; 0 when it does not.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN, M_NOT_FOUND, M_CANNOT_OVERWRITE_MEDIA.</exception>
    [Alias("CheckUpload")]
    Task CheckUpload(UserId user, MxcUri? uri, long bytes);

    /// <summary>Before bytes are put into the blob store: keeps them from being deleted for an hour.</summary>
    /// <returns>False while the same bytes are being deleted; to be asked again.</returns>
    [Alias("Claim")]
    Task<bool> Claim(BlobId blob);

    /// <summary>After they are there.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">The same as for <see cref="CheckUpload"/>.</exception>
    [Alias("Uploaded")]
    Task<MxcUri> Uploaded(MediaUpload upload);

    /// <summary>A thumbnail of this size, if it was made already.</summary>
    [Alias("FindThumbnail")]
    Task<StoredThumbnail?> FindThumbnail(MxcUri uri, ThumbnailSpec spec);

    /// <summary>Remembers a thumbnail.</summary>
    [Alias("AddThumbnail")]
    Task AddThumbnail(MxcUri uri, ThumbnailSpec spec, StoredThumbnail thumbnail);
}

/// <summary>Waits for the content of an id that was made; key: the mxc URI.</summary>
[Alias("IAwaitedMediaGrain")]
public interface IAwaitedMediaGrain : IGrainWithStringKey
{
    /// <summary>Most that one call waits, in milliseconds.</summary>
    const int WaitMsMax = 10_000;

    /// <summary>Returns when the content may have come, or after this time.</summary>
    [Alias("Wait"), Orleans.Concurrency.AlwaysInterleave]
    Task Wait(int milliseconds);

    /// <summary>The content has come.</summary>
    [Alias("Came"), Orleans.Concurrency.AlwaysInterleave]
    Task Came();
}
