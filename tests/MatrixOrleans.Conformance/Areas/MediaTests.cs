using System.Text;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Uploads, downloads and thumbnails.</summary>
public abstract class MediaTests(SharedServer server) : ConformanceTest(server)
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];

    [Fact]
    public async Task What_was_uploaded_is_downloaded_by_everybody_who_is_logged_in()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (string Server, string Id) media = await alice.Upload(Bytes, "application/x-thing", "thing.bin");
        Assert.Equal("localhost", media.Server);
        BytesAnswer answer = await bob.Download(media);
        Assert.Equal(Bytes, answer.Ok());
        Assert.Equal("application/x-thing", answer.Header("Content-Type"));
        Assert.Equal("attachment; filename=\"thing.bin\"", answer.Header("Content-Disposition"));
        (await Scope.Anonymous().Download(media)).Fails(401, "M_MISSING_TOKEN");
    }

    [Fact]
    public async Task An_empty_file_is_a_file()
    {
        TestClient alice = await User();
        Assert.Empty((await alice.Download(await alice.Upload([]))).Ok());
    }

    [Theory]
    [InlineData("image/png", "inline")]
    [InlineData("IMAGE/PNG", "inline")]
    [InlineData("text/plain; charset=utf-8", "inline")]
    [InlineData("text/html", "attachment")]
    [InlineData("image/svg+xml", "attachment")]
    [InlineData("application/pdf", "attachment")]
    [InlineData(null, "attachment")]
    [InlineData("nonsense", "attachment")]
    public async Task Only_harmless_types_are_shown_in_place_and_all_are_locked_in(string? contentType, string disposition)
    {
        TestClient alice = await User();
        BytesAnswer answer = await alice.Download(await alice.Upload(Bytes, contentType));
        answer.Ok();
        Assert.Equal(disposition, answer.Header("Content-Disposition"));
        Assert.Equal(contentType is null or "nonsense" ? "application/octet-stream" : contentType, answer.Header("Content-Type"));
        Assert.Contains("sandbox", answer.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("cross-origin", answer.Header("Cross-Origin-Resource-Policy"));
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.Equal("*", answer.Header("Access-Control-Allow-Origin"));
        Assert.Contains("private", answer.Header("Cache-Control"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_name_of_any_script_comes_back_and_another_may_be_asked_for()
    {
        TestClient alice = await User();
        (string Server, string Id) media = await alice.Upload(Bytes, "image/png", "Größe \"1\".png");
        Assert.Equal("inline; filename*=utf-8''Gr%C3%B6%C3%9Fe%20%221%22.png", (await alice.Download(media)).Header("Content-Disposition"));
        BytesAnswer other = await alice.SendRaw(HttpMethod.Get, $"/_matrix/client/v1/media/download/{media.Server}/{media.Id}/{"a \"b\"/c.png"}");
        Assert.Equal(Bytes, other.Ok());
        Assert.Equal("inline; filename=\"a \\\"b\\\"/c.png\"", other.Header("Content-Disposition"));
    }

    [Fact]
    public async Task Line_breaks_in_a_file_name_make_no_header()
    {
        TestClient alice = await User();
        BytesAnswer answer = await alice.Download(await alice.Upload(Bytes, "image/png", "a\r\nX-Evil: 1"));
        answer.Ok();
        Assert.Equal("", answer.Header("X-Evil"));
        Assert.Equal("inline; filename=\"aX-Evil: 1\"", answer.Header("Content-Disposition"));
    }

    [Fact]
    public async Task Parts_of_a_file_can_be_asked_for()
    {
        TestClient alice = await User();
        (string Server, string Id) media = await alice.Upload(Bytes);
        BytesAnswer middle = await alice.Download(media, ("Range", "bytes=100-199"));
        Assert.Equal(206, middle.Answer.Status);
        Assert.Equal(Bytes[100..200], middle.Bytes);
        Assert.Equal("bytes 100-199/100000", middle.Header("Content-Range"));
        Assert.Equal(Bytes[99_990..], (await alice.Download(media, ("Range", "bytes=-10"))).Bytes);
        Assert.Equal(Bytes[99_990..], (await alice.Download(media, ("Range", "bytes=99990-200000"))).Bytes);
        BytesAnswer behind = await alice.Download(media, ("Range", "bytes=100000-"));
        Assert.Equal(416, behind.Answer.Status);
        Assert.Equal("bytes */100000", behind.Header("Content-Range"));
        foreach (string ignored in new[] { "bytes=1-2,5-6", "bytes=b-c", "bytes=9-3", "lines=1-2", "bytes=-" })
        {
            Assert.Equal(Bytes, (await alice.Download(media, ("Range", ignored))).Ok());
        }
    }

    [Fact]
    public async Task Who_has_a_file_already_is_told_so()
    {
        TestClient alice = await User();
        (string Server, string Id) media = await alice.Upload(Bytes);
        string tag = (await alice.Download(media)).Header("ETag");
        BytesAnswer same = await alice.Download(media, ("If-None-Match", tag));
        Assert.Equal(304, same.Answer.Status);
        Assert.Empty(same.Bytes);
        Assert.Equal(206, (await alice.Download(media, ("If-Range", tag), ("Range", "bytes=0-9"))).Answer.Status);
        Assert.Equal(Bytes, (await alice.Download(media, ("If-Range", "\"other\""), ("Range", "bytes=0-9"))).Ok());
    }

    [Fact]
    public async Task Unknown_media_is_not_found()
    {
        TestClient alice = await User();
        (await alice.Download(("localhost", "nothing"))).Fails(404, "M_NOT_FOUND");
        (await alice.Download(("localhost", "../../etc/passwd"))).Fails(404, "M_NOT_FOUND");
        (await alice.Download(("no server", "nothing"))).Fails(400, "M_INVALID_PARAM");
        (await alice.Thumbnail(("localhost", "nothing"), 32, 32)).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task New_media_is_not_given_out_without_authentication()
    {
        TestClient alice = await User();
        (string server, string id) = await alice.Upload(Bytes);
        (await Scope.Anonymous().SendRaw(HttpMethod.Get, $"/_matrix/media/v3/download/{server}/{id}")).Fails(404, "M_NOT_FOUND");
        (await Scope.Anonymous().SendRaw(HttpMethod.Get, $"/_matrix/media/v3/download/{server}/{id}/name")).Fails(404, "M_NOT_FOUND");
        (await Scope.Anonymous().SendRaw(HttpMethod.Get, $"/_matrix/media/v3/thumbnail/{server}/{id}?width=1&height=1")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task The_largest_upload_is_told()
    {
        TestClient alice = await User();
        Assert.Equal(52428800, (await alice.Get($"/v1/media/config")).Ok().GetProperty("m.upload.size").GetInt64());
        Assert.Equal(52428800, (await alice.Get($"/_matrix/media/v3/config")).Ok().GetProperty("m.upload.size").GetInt64());
        (await Scope.Anonymous().Get($"/v1/media/config")).Fails(401, "M_MISSING_TOKEN");
    }

    [Fact]
    public async Task Only_users_upload()
    {
        (await Scope.Anonymous().SendRaw(HttpMethod.Post, $"/_matrix/media/v3/upload", Bytes, "image/png")).Fails(401, "M_MISSING_TOKEN");
        (await Scope.Anonymous().SendRaw(HttpMethod.Post, $"/_matrix/media/v1/create", [])).Fails(401, "M_MISSING_TOKEN");
    }

    [Fact]
    public async Task Content_may_come_after_its_id_and_a_download_waits_for_it()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        System.Text.Json.JsonElement made = (await alice.Post($"/_matrix/media/v1/create")).Ok();
        (string Server, string Id) media = MediaCalls.Parts(made.Str("content_uri"));
        Assert.True(made.GetProperty("unused_expires_at").GetInt64() > DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        (await bob.SendRaw(HttpMethod.Get, $"/_matrix/client/v1/media/download/{media.Server}/{media.Id}?timeout_ms=0")).Fails(504, "M_NOT_YET_UPLOADED");
        (await bob.SendRaw(HttpMethod.Get, $"/_matrix/client/v1/media/thumbnail/{media.Server}/{media.Id}?timeout_ms=50&width=32&height=32")).Fails(504, "M_NOT_YET_UPLOADED");
        (await bob.SendRaw(HttpMethod.Put, $"/_matrix/media/v3/upload/{media.Server}/{media.Id}", Bytes)).Fails(403, "M_FORBIDDEN");
        Task<BytesAnswer> waiting = bob.SendRaw(HttpMethod.Get, $"/_matrix/client/v1/media/download/{media.Server}/{media.Id}");
        (await alice.SendRaw(HttpMethod.Put, $"/_matrix/media/v3/upload/{media.Server}/{media.Id}?filename=late.txt", Bytes, "text/plain")).Ok();
        BytesAnswer answer = await waiting;
        Assert.Equal(Bytes, answer.Ok());
        Assert.Equal("inline; filename=\"late.txt\"", answer.Header("Content-Disposition"));
        (await alice.SendRaw(HttpMethod.Put, $"/_matrix/media/v3/upload/{media.Server}/{media.Id}", Bytes)).Fails(409, "M_CANNOT_OVERWRITE_MEDIA");
        (await alice.SendRaw(HttpMethod.Put, $"/_matrix/media/v3/upload/localhost/made-by-nobody", Bytes)).Fails(404, "M_NOT_FOUND");
        (await alice.SendRaw(HttpMethod.Put, $"/_matrix/media/v3/upload/elsewhere.example/{media.Id}", Bytes)).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Only_so_many_ids_may_wait_for_their_content()
    {
        TestClient alice = await User();
        List<(string Server, string Id)> made = [];
        for (int i = 0; i < 20; i++)
        {
            made.Add(MediaCalls.Parts((await alice.Post($"/_matrix/media/v1/create")).Ok().Str("content_uri")));
        }
        (await alice.Post($"/_matrix/media/v1/create")).Fails(429, "M_LIMIT_EXCEEDED");
        (await alice.SendRaw(HttpMethod.Put, $"/_matrix/media/v3/upload/{made[0].Server}/{made[0].Id}", Bytes)).Ok();
        (await alice.Post($"/_matrix/media/v1/create")).Ok();
    }

    [Fact]
    public async Task Thumbnails_are_scaled_into_the_next_standard_size_or_cropped_to_it()
    {
        TestClient alice = await User();
        (string Server, string Id) media = await alice.Upload(MediaCalls.Png(1000, 500), "image/png", "big.png");
        BytesAnswer scaled = await alice.Thumbnail(media, 300, 200);
        Assert.Equal((320, 160), MediaCalls.SizeOf(scaled.Ok()));
        Assert.Equal("image/jpeg", scaled.Header("Content-Type"));
        Assert.Equal("inline; filename=\"thumbnail.jpeg\"", scaled.Header("Content-Disposition"));
        Assert.Contains("sandbox", scaled.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal(scaled.Bytes, (await alice.Thumbnail(media, 320, 240)).Ok());
        Assert.Equal((96, 96), MediaCalls.SizeOf((await alice.Thumbnail(media, 64, 64, "crop")).Ok()));
    }

    [Fact]
    public async Task An_image_that_is_no_larger_comes_as_it_is()
    {
        TestClient alice = await User();
        byte[] small = MediaCalls.Png(20, 10);
        (string Server, string Id) media = await alice.Upload(small, "text/html");
        foreach (string method in new[] { "scale", "crop" })
        {
            BytesAnswer answer = await alice.Thumbnail(media, 32, 32, method);
            Assert.Equal(small, answer.Ok());
            Assert.Equal("image/png", answer.Header("Content-Type"));
        }
        byte[] wide = MediaCalls.Png(2000, 10);
        Assert.Equal(wide, (await alice.Thumbnail(await alice.Upload(wide, "image/png"), 1_000_000, 1_000_000)).Ok());
    }

    [Fact]
    public async Task What_is_no_image_or_says_to_be_huge_is_refused()
    {
        TestClient alice = await User();
        (string Server, string Id) text = await alice.Upload(Encoding.UTF8.GetBytes("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>"), "image/svg+xml");
        (await alice.Thumbnail(text, 32, 32)).Fails(400, "M_UNKNOWN");
        (await alice.Thumbnail(await alice.Upload([]), 32, 32)).Fails(400, "M_UNKNOWN");
        (await alice.Thumbnail(await alice.Upload(MediaCalls.Png(500, 500)[..30], "image/png"), 32, 32)).Fails(400, "M_UNKNOWN");
        (await alice.Thumbnail(await alice.Upload(MediaCalls.Png(60_000, 60_000, honest: false), "image/png"), 32, 32)).Fails(413, "M_TOO_LARGE");
    }

    [Theory]
    [InlineData("0", "32", "scale", "false")]
    [InlineData("-1", "32", "scale", "false")]
    [InlineData("x", "32", "scale", "false")]
    [InlineData("32", "99999999999999999999", "scale", "false")]
    [InlineData("32", "32", "stretch", "false")]
    [InlineData("32", "32", "scale", "maybe")]
    public async Task Sizes_that_make_no_sense_are_refused(string width, string height, string method, string animated)
    {
        TestClient alice = await User();
        (string Server, string Id) media = await alice.Upload(MediaCalls.Png(50, 50), "image/png");
        (await alice.Thumbnail(media, width, height, method, animated)).Fails(400, "M_INVALID_PARAM");
        (await alice.SendRaw(HttpMethod.Get, $"/_matrix/client/v1/media/thumbnail/{media.Server}/{media.Id}?width=32")).Fails(400, "M_MISSING_PARAM");
    }

    [Fact]
    public async Task An_erased_users_uploads_are_gone()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (string Server, string Id) media = await alice.Upload(Bytes);
        (await alice.WithPassword(auth => alice.Post($"/v3/account/deactivate", new { auth, erase = true }))).Ok();
        (await bob.Download(media)).Fails(404, "M_NOT_FOUND");
    }
}

/// <inheritdoc/>
public sealed class MediaOnSqlite(SqliteServer server) : MediaTests(server);

/// <inheritdoc/>
public sealed class MediaOnPostgres(PostgresServer server) : MediaTests(server);
