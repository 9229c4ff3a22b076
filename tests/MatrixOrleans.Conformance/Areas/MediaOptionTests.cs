using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Limits of media and the paths without authentication, on servers that are set up for it.</summary>
public sealed class MediaOptionTests
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];

    [Fact]
    public async Task An_upload_that_is_too_large_is_refused_whether_it_says_its_length_or_not()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions { More = ["--media-upload-bytes-max", "1000"] });
        TestScope scope = new(server.BaseAddress, "localhost");
        TestClient alice = await scope.User();
        Assert.Equal(1000, (await alice.Get($"/v1/media/config")).Ok().GetProperty("m.upload.size").GetInt64());
        (string Server, string Id) media = await alice.Upload(Bytes);
        Assert.Equal(Bytes, (await alice.Download(media)).Ok());
        (await alice.SendRaw(HttpMethod.Post, $"/_matrix/media/v3/upload", [.. Bytes, 0])).Fails(413, "M_TOO_LARGE");
        (await alice.SendRaw(HttpMethod.Post, $"/_matrix/media/v3/upload", [.. Bytes, 0], headers: ("Transfer-Encoding", "chunked"))).Fails(413, "M_TOO_LARGE");
        Assert.Empty(scope.Violations);
    }

    [Fact]
    public async Task A_user_uploads_no_more_than_the_quota()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions { More = ["--media-quota-bytes", "1500"] });
        TestScope scope = new(server.BaseAddress, "localhost");
        TestClient alice = await scope.User();
        await alice.Upload(Bytes);
        (await alice.SendRaw(HttpMethod.Post, $"/_matrix/media/v3/upload", Bytes)).Fails(403, "M_FORBIDDEN");
        (await alice.SendRaw(HttpMethod.Post, $"/_matrix/media/v3/upload", Bytes, headers: ("Transfer-Encoding", "chunked"))).Fails(403, "M_FORBIDDEN");
        await alice.Upload(Bytes[..500]);
        await (await scope.User()).Upload(Bytes);
        Assert.Empty(scope.Violations);
    }

    [Fact]
    public async Task Old_paths_give_out_what_came_before_they_were_frozen_and_survive_restarts()
    {
        await using ServerProcess on = await ServerProcess.StartAsync(new ServerOptions { More = ["--media-legacy", "on", "--media-dynamic-thumbnails", "true"] });
        TestScope scope = new(on.BaseAddress, "localhost");
        TestClient alice = await scope.User();
        byte[] image = MediaCalls.Png(200, 100);
        (string server, string id) = await alice.Upload(image, "image/png", "old.png");
        TestClient anybody = scope.Anonymous();
        BytesAnswer answer = await anybody.SendRaw(HttpMethod.Get, $"/_matrix/media/v3/download/{server}/{id}?allow_remote=false&allow_redirect=true");
        Assert.Equal(image, answer.Ok());
        Assert.Equal("inline; filename=\"old.png\"", answer.Header("Content-Disposition"));
        foreach (string version in new[] { "r0", "v1" })
        {
            Assert.Equal(image, (await anybody.SendRaw(HttpMethod.Get, $"/_matrix/media/{version}/download/{server}/{id}")).Ok());
        }
        Assert.Equal("inline; filename=\"x.png\"", (await anybody.SendRaw(HttpMethod.Get, $"/_matrix/media/v3/download/{server}/{id}/x.png")).Header("Content-Disposition"));
        Assert.Equal((50, 25), MediaCalls.SizeOf((await anybody.SendRaw(HttpMethod.Get, $"/_matrix/media/v3/thumbnail/{server}/{id}?width=50&height=50")).Ok()));
        await on.KillAsync();
        await on.StartAgainAsync("--media-legacy", "frozen");
        Assert.Equal(image, (await anybody.SendRaw(HttpMethod.Get, $"/_matrix/media/v3/download/{server}/{id}")).Ok());
        (string Server, string Id) late = await alice.Upload(image, "image/png");
        (await anybody.SendRaw(HttpMethod.Get, $"/_matrix/media/v3/download/{late.Server}/{late.Id}")).Fails(404, "M_NOT_FOUND");
        Assert.Equal(image, (await alice.Download(late)).Ok());
        await on.KillAsync();
        await on.StartAgainAsync("--media-legacy", "off");
        (await anybody.SendRaw(HttpMethod.Get, $"/_matrix/media/v3/download/{server}/{id}")).Fails(404, "M_UNRECOGNIZED");
        Assert.Equal(image, (await alice.Download((server, id))).Ok());
        Assert.Empty(scope.Violations);
    }

    [Fact]
    public async Task Homeservers_of_one_process_have_their_own_media_and_see_each_others()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions { ServerNames = ["one.example", "two.example"] });
        TestScope scope = new(server.BaseAddress, "one.example");
        TestClient alice = await scope.User("alice", "one.example");
        TestClient bob = await scope.User("bob", "two.example");
        (string Server, string Id) media = await alice.Upload(Bytes);
        Assert.Equal("one.example", media.Server);
        Assert.Equal("two.example", (await bob.Upload(Bytes)).Server);
        Assert.Equal(Bytes, (await bob.Download(media)).Ok());
        (await bob.Download(("two.example", media.Id))).Fails(404, "M_NOT_FOUND");
        Assert.Empty(scope.Violations);
    }
}
