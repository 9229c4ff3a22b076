using System.Buffers;
using System.Security.Cryptography;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Media.Blobs;

/// <summary>
/// Where content goes while it comes in: a file of its own, hashed and counted on the way. Memory is one buffer for each, however large the content.
/// </summary>
public sealed class Spool
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Files of processes that ended without removing them go after this time.</summary>
    private static readonly TimeSpan LeftOverAfter = TimeSpan.FromDays(1);

    private readonly string _folder;

    public Spool(string folder)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        foreach (var file in new DirectoryInfo(_folder).EnumerateFiles())
        {
            if (DateTimeOffset.UtcNow - file.LastWriteTimeUtc > LeftOverAfter)
            {
                file.Delete();
            }
        }
    }

    /// <summary>Takes in everything that the stream has.</summary>
    /// <exception cref="MatrixException">M_TOO_LARGE when it has more than <paramref name="bytesMax"/>.</exception>
    public async Task<SpooledFile> Receive(Stream content, long bytesMax, CancellationToken cancel)
    {
        var path = Path.Combine(_folder, Path.GetRandomFileName());
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var length = 0L;
            await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: false))
            {
                int read;
                while ((read = await content.ReadAsync(buffer.AsMemory(0, BufferBytes), cancel).ConfigureAwait(false)) > 0)
                {
                    length += read;
                    if (length > bytesMax)
                    {
                        throw new MatrixException(MatrixError.TooLarge, $"Content may have {bytesMax} bytes at most");
                    }

                    hash.AppendData(buffer, 0, read);
                    file.Write(buffer, 0, read);
                }

                file.Flush(flushToDisk: true);
            }

            return new SpooledFile(path, BlobId.Of(hash.GetHashAndReset()), length);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>Content that came in whole. Disposing removes the file unless a store took it.</summary>
public sealed class SpooledFile(string path, BlobId blob, long length) : IDisposable
{
    public string Path { get; } = path;

    public BlobId Blob { get; } = blob;

    public long Length { get; } = length;

    public void Dispose() => File.Delete(Path);
}
