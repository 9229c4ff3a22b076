using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Media.Blobs;

/// <summary>Blobs as files: <c>ab/cd/abcd…</c>. The spool must be on the same file system, so that a file appears whole or not at all.</summary>
public sealed class DiskBlobStore(string folder) : IBlobStore
{
    public Task Keep(SpooledFile file, CancellationToken cancel)
    {
        var target = PathOf(file.Blob);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (new FileInfo(target) is { Exists: true } there && there.Length == file.Length)
        {
            return Task.CompletedTask;
        }

        File.Move(file.Path, target, overwrite: true);
        return Task.CompletedTask;
    }

    public Task<Stream?> Open(BlobId blob, long offset, long length, CancellationToken cancel)
    {
        if (!File.Exists(PathOf(blob)))
        {
            return Task.FromResult<Stream?>(null);
        }

        var file = new FileStream(PathOf(blob), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: false);
        file.Position = offset;
        return Task.FromResult<Stream?>(new PartStream(file, length));
    }

    public Task<BlobFile?> OpenFile(BlobId blob, CancellationToken cancel) =>
        Task.FromResult(File.Exists(PathOf(blob)) ? new BlobFile(PathOf(blob)) : null);

    public Task Delete(BlobId blob, CancellationToken cancel)
    {
        if (Directory.Exists(Path.GetDirectoryName(PathOf(blob))))
        {
            File.Delete(PathOf(blob));
        }

        return Task.CompletedTask;
    }

    private string PathOf(BlobId blob) => Path.Combine(folder, blob.Value[..2], blob.Value[2..4], blob.Value);
}
