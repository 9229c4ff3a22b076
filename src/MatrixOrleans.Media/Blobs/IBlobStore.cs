using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Media.Blobs;

/// <summary>Keeps bytes by their hash. The same bytes are kept once. What becomes of them is the index's business, not the store's.</summary>
public interface IBlobStore
{
    /// <summary>Keeps a received file. When this returns, the bytes are where a crash leaves them.</summary>
    Task Keep(SpooledFile file, CancellationToken cancel);

    /// <summary>Opens a part of a blob; <c>null</c> when there is no such blob. The stream ends with the part.</summary>
    Task<Stream?> Open(BlobId blob, long offset, long length, CancellationToken cancel);

    /// <summary>The blob as a file on this machine, until the lease is disposed; <c>null</c> when there is no such blob.</summary>
    Task<BlobFile?> OpenFile(BlobId blob, CancellationToken cancel);

    /// <summary>Deletes a blob; nothing happens when it is not there.</summary>
    Task Delete(BlobId blob, CancellationToken cancel);
}

/// <summary>A file that holds a blob, to read only.</summary>
public sealed class BlobFile(string path, SpooledFile? temporary = null) : IDisposable
{
    public string Path { get; } = path;

    public void Dispose() => temporary?.Dispose();
}
