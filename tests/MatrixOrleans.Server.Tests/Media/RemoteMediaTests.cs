using System.Text;
using MatrixOrleans.Contracts.Media;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Media;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>Media of other servers is fetched once, in each way that there is, and refused as the specification says.</summary>
public sealed class RemoteMediaTests
{
    private const string Mixed = "multipart/mixed; boundary=b";

    private static readonly ServerName Asker = ServerName.Parse("one.test");
    private static readonly MxcUri Far = MxcUri.Parse("mxc://far.test/abc");

    [Fact]
    public async Task It_comes_by_the_signed_path_and_stays()
    {
        await using var cluster = await MediaCluster.Start();
        cluster.Internet.Answers["far.test/_matrix/federation/v1/media/download/abc"] =
            () => SmallInternet.Page("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: inline; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n", Mixed);
        var info = (await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Get(cluster))))[0];
        Assert.Equal(("text/plain", "a.txt", 5L), (info.ContentType, info.FileName, info.Size));
        Assert.Equal("hello", await Bytes(cluster, info));
        Assert.Equal(info, await Get(cluster));
        Assert.Single(cluster.Internet.Asked);
        Assert.Equal(info, await cluster.Grains.GetGrain<IMediaGrain>(0).Find(Far));
    }

    [Fact]
    public async Task It_may_be_elsewhere()
    {
        await using var cluster = await MediaCluster.Start();
        cluster.Internet.Answers["far.test/_matrix/federation/v1/media/download/abc"] =
            () => SmallInternet.Page("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nLocation: https://cdn.test/x\r\n\r\n\r\n--b--\r\n", Mixed);
        cluster.Internet.Answers["https://cdn.test/x"] = () => SmallInternet.Page("from there", "image/png");
        var info = await Get(cluster);
        Assert.Equal("image/png", info.ContentType);
        Assert.Equal("from there", await Bytes(cluster, info));
    }

    [Fact]
    public async Task An_old_server_is_asked_by_the_old_path()
    {
        await using var cluster = await MediaCluster.Start();
        cluster.Internet.Answers["far.test/_matrix/media/v3/download/far.test/abc"] = () => SmallInternet.Page("old", "text/plain");
        Assert.Equal("old", await Bytes(cluster, await Get(cluster)));
        Assert.Equal(2, cluster.Internet.Asked.Count);
    }

    [Fact]
    public async Task What_the_other_server_refuses_is_refused_here()
    {
        await using var cluster = await MediaCluster.Start();
        Assert.Equal(MatrixError.NotFound, await Refusal(cluster));
        foreach (var (answer, expected) in new (Func<HttpResponseMessage>, MatrixError)[]
        {
            (() => SmallInternet.Refusal(404, "M_NOT_FOUND"), MatrixError.NotFound),
            (() => SmallInternet.Refusal(504, "M_NOT_YET_UPLOADED"), MatrixError.NotYetUploaded),
            (() => SmallInternet.Refusal(502, "M_TOO_LARGE"), MatrixError.TooLarge.WithStatus(502)),
            (() => SmallInternet.Refusal(500, "M_UNKNOWN"), MatrixError.Unknown.WithStatus(502)),
            (() => SmallInternet.Page("{}", "application/json"), MatrixError.Unknown.WithStatus(502)),
            (() => SmallInternet.Page($"--b\r\n\r\n{{}}\r\n--b\r\n\r\n{new string('x', 1001)}\r\n--b--\r\n", Mixed), MatrixError.TooLarge.WithStatus(502)),
            (() => SmallInternet.Page(new string('x', 200_000), Mixed), MatrixError.TooLarge.WithStatus(502)),
            (() => SmallInternet.Page("--b\r\n\r\n{}\r\n--b\r\nLocation: https://cdn.test/none\r\n\r\n\r\n--b--\r\n", Mixed), MatrixError.Unknown.WithStatus(502)),
        })
        {
            cluster.Internet.Answers["far.test/_matrix/federation/v1/media/download/abc"] = answer;
            Assert.Equal(expected, await Refusal(cluster));
        }

        Assert.Null(await cluster.Database.Media.Get(Far));
        Assert.False(System.IO.Directory.Exists(cluster.BlobFolder));
    }

    private static Task<MediaInfo> Get(MediaCluster cluster) => cluster.Grains.GetGrain<IRemoteMediaGrain>(Far.Value).Get(Asker, 1000);

    private static async Task<MatrixError> Refusal(MediaCluster cluster) => (await Assert.ThrowsAsync<MatrixException>(() => Get(cluster))).Code;

    private static async Task<string> Bytes(MediaCluster cluster, MediaInfo info)
    {
        var blob = info.Blob!.Value.Value;
        return Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path.Combine(cluster.BlobFolder, blob[..2], blob[2..4], blob), TestContext.Current.CancellationToken));
    }
}
