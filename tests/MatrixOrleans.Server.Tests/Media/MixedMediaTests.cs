using System.Text;
using MatrixOrleans.Gateway.Federation.Media;
using MatrixOrleans.Media.Blobs;

namespace MatrixOrleans.Server.Tests.Media;

/// <summary>Media as other servers hand it over.</summary>
public sealed class MixedMediaTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nContent-Type: image/png\r\nContent-Disposition: inline; filename=a\r\n\r\n", "\r\n--b--\r\n")]
    [InlineData("\r\n--b\r\ncontent-type:application/json\r\n\r\n{}\r\n--b\r\ncontent-type:image/png\r\ncontent-disposition:inline; filename=a\r\n\r\n", "\r\n--b--")]
    [InlineData("preamble\r\n--b\r\n\r\n{\"a\":\"--b\"}\r\n--b\r\nContent-Type: image/png\r\nContent-Disposition: inline; filename=a\r\n\r\n", "\r\n--b--\r\nepilogue")]
    public void The_second_part_is_the_content(string head, string tail)
    {
        foreach (var content in new[] { "", "bytes", "\r\n--b", "x\r\n\r\n--b\r\n", new string('z', 200_000) })
        {
            File.WriteAllText(_file, head + content + tail);
            var media = MixedMedia.Read(_file, "multipart/mixed; boundary=b")!;
            Assert.Equal(("image/png", "inline; filename=a", null), (media.ContentType, media.Disposition, media.Location));
            Assert.Equal(content, Encoding.ASCII.GetString(File.ReadAllBytes(_file).AsSpan((int)media.Offset, (int)media.Length)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("some bytes\r\n--and dashes")]
    public async Task What_this_server_gives_to_others_is_read_by_the_same_rules(string text)
    {
        var cancel = TestContext.Current.CancellationToken;
        var folder = System.IO.Directory.CreateTempSubdirectory("mixed-").FullName;
        try
        {
            var blobs = new DiskBlobStore(Path.Combine(folder, "blobs"));
            using var kept = await new Spool(Path.Combine(folder, "incoming")).Receive(new MemoryStream(Encoding.UTF8.GetBytes(text)), 1000, cancel);
            await blobs.Keep(kept, cancel);
            var answer = await MixedAnswer.Give(blobs, kept.Blob, kept.Length, "text/plain; charset=utf-8", "inline; filename=\"a.txt\"", cancel);
            await using (var file = File.Create(_file))
            {
                await answer.WriteBody!(file, cancel);
                Assert.Equal(answer.BodyLength, file.Length);
            }

            var media = MixedMedia.Read(_file, answer.ContentType)!;
            Assert.Equal(("text/plain; charset=utf-8", "inline; filename=\"a.txt\"", null), (media.ContentType, media.Disposition, media.Location));
            Assert.Equal(text, Encoding.UTF8.GetString((await File.ReadAllBytesAsync(_file, cancel)).AsSpan((int)media.Offset, (int)media.Length)));
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_second_part_may_say_where_the_content_is()
    {
        foreach (var end in new[] { "\r\n--b--\r\n", "--b--\r\n" })
        {
            File.WriteAllText(_file, "--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nLocation: https://cdn.example/x\r\n\r\n" + end);
            var media = MixedMedia.Read(_file, "multipart/mixed; charset=x; boundary=\"b\"")!;
            Assert.Equal("https://cdn.example/x", media.Location);
        }
    }

    [Theory]
    [InlineData("multipart/mixed; boundary=b", "")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\n\r\n{}\r\n--b--\r\n")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\n\r\n{}\r\n--b\r\nContent-Type: x\r\n\r\ncut off")]
    [InlineData("multipart/mixed; boundary=b", "--b\r\n\r\n{}\r\n--b\r\nContent-Type: x")]
    [InlineData("multipart/mixed", "--b\r\n\r\n{}\r\n--b\r\n\r\nx\r\n--b--\r\n")]
    [InlineData("multipart/mixed; boundary=", "--\r\n\r\n{}\r\n--\r\n\r\nx\r\n----\r\n")]
    [InlineData("application/json", "--b\r\n\r\n{}\r\n--b\r\n\r\nx\r\n--b--\r\n")]
    [InlineData(null, "--b\r\n\r\n{}\r\n--b\r\n\r\nx\r\n--b--\r\n")]
    public void What_is_not_made_so_is_refused(string? contentType, string body)
    {
        File.WriteAllText(_file, body);
        Assert.Null(MixedMedia.Read(_file, contentType));
    }
}
