using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Media;
using MatrixOrleans.Media.Blobs;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>What every blob store does. That on disk is always tested; S3 with <c>MATRIX_ORLEANS_TEST_S3=http://access:secret@host:port/bucket</c>.</summary>
public sealed class BlobStoreTests : IDisposable
{
    private const string Variable = "MATRIX_ORLEANS_TEST_S3";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("blobs-").FullName;

    public static TheoryData<string> Stores => ["disk", "s3"];

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task What_is_kept_is_read_whole_and_in_parts(string kind)
    {
        var (store, spool) = Open(kind);
        var bytes = Some(200_000);
        using var file = await spool.Receive(new MemoryStream(bytes), bytes.Length, Cancel);
        Assert.Equal(BlobId.Of(SHA256.HashData(bytes)), file.Blob);
        Assert.Equal(bytes.Length, file.Length);
        await store.Keep(file, Cancel);
        Assert.Equal(bytes, await Read(store, file.Blob, 0, bytes.Length));
        Assert.Equal(bytes[1000..1010], await Read(store, file.Blob, 1000, 10));
        Assert.Equal(bytes[^5..], await Read(store, file.Blob, bytes.Length - 5, 5));
        using var local = await store.OpenFile(file.Blob, Cancel);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(local!.Path, Cancel));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task The_same_bytes_may_come_any_number_of_times(string kind)
    {
        var (store, spool) = Open(kind);
        var bytes = Some(1000);
        for (var i = 0; i < 3; i++)
        {
            using var file = await spool.Receive(new MemoryStream(bytes), 1000, Cancel);
            await store.Keep(file, Cancel);
            Assert.Equal(bytes, await Read(store, file.Blob, 0, 1000));
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Nothing_at_all_can_be_kept(string kind)
    {
        var (store, spool) = Open(kind);
        using var file = await spool.Receive(new MemoryStream(), 10, Cancel);
        await store.Keep(file, Cancel);
        Assert.Empty((await Read(store, file.Blob, 0, 0))!);
        using var local = await store.OpenFile(file.Blob, Cancel);
        Assert.Empty(await File.ReadAllBytesAsync(local!.Path, Cancel));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task What_is_deleted_or_never_came_is_not_there(string kind)
    {
        var (store, spool) = Open(kind);
        using var file = await spool.Receive(new MemoryStream(Some(10)), 10, Cancel);
        Assert.Null(await Read(store, file.Blob, 0, 10));
        Assert.Null(await store.OpenFile(file.Blob, Cancel));
        await store.Delete(file.Blob, Cancel);
        await store.Keep(file, Cancel);
        await store.Delete(file.Blob, Cancel);
        Assert.Null(await Read(store, file.Blob, 0, 10));
        Assert.Null(await store.OpenFile(file.Blob, Cancel));
    }

    [Fact]
    public async Task More_than_is_allowed_is_refused_and_leaves_nothing()
    {
        var (_, spool) = Open("disk");
        var refusal = await Assert.ThrowsAsync<MatrixException>(() => spool.Receive(new MemoryStream(Some(11)), 10, Cancel));
        Assert.Equal(MatrixError.TooLarge, refusal.Code);
        Assert.Empty(System.IO.Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
        (await spool.Receive(new MemoryStream(Some(10)), 10, Cancel)).Dispose();
        Assert.Empty(System.IO.Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_broken_file_is_replaced_by_a_whole_one()
    {
        var (store, spool) = Open("disk");
        using var file = await spool.Receive(new MemoryStream("whole"u8.ToArray()), 10, Cancel);
        var path = Path.Combine(_folder, "blobs", file.Blob.Value[..2], file.Blob.Value[2..4], file.Blob.Value);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, "who", Cancel);
        await store.Keep(file, Cancel);
        Assert.Equal("whole", Encoding.UTF8.GetString((await Read(store, file.Blob, 0, 5))!));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static byte[] Some(int count) => RandomNumberGenerator.GetBytes(count);

    private static async Task<byte[]?> Read(IBlobStore store, BlobId blob, long offset, long length)
    {
        await using var content = await store.Open(blob, offset, length, Cancel);
        if (content is null)
        {
            return null;
        }

        using var all = new MemoryStream();
        await content.CopyToAsync(all, Cancel);
        return all.ToArray();
    }

    private (IBlobStore Store, Spool Spool) Open(string kind)
    {
        var spool = new Spool(Path.Combine(_folder, "incoming"));
        if (kind == "disk")
        {
            return (new DiskBlobStore(Path.Combine(_folder, "blobs")), spool);
        }

        var configured = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(configured), $"{Variable} is not set");
        var url = new Uri(configured!);
        var user = url.UserInfo.Split(':');
        var endpoint = url.GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped);
        return (new S3BlobStore(new S3Options(endpoint, url.AbsolutePath.Trim('/'), user[0], user[1], Prefix: $"test-{Guid.NewGuid():N}/"), spool), spool);
    }
}
