using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>What administrators do with media, by the paths that their tools know.</summary>
public abstract class MediaModerationTests(SharedServer server) : ConformanceTest(server)
{
    private static readonly byte[] Bytes = [1, 2, 3];

    [Fact]
    public async Task Quarantined_media_is_not_given_out_until_it_is_let_free()
    {
        TestClient admin = await Scope.Anonymous().RegisterAdmin();
        TestClient alice = await User();
        (string Server, string Id) media = await alice.Upload(MediaCalls.Png(100, 100), "image/png");
        (await alice.Thumbnail(media, 32, 32)).Ok();
        (await admin.Post($"/_synapse/admin/v1/media/quarantine/{media.Server}/{media.Id}")).Ok();
        (await alice.Download(media)).Fails(404, "M_NOT_FOUND");
        (await alice.Thumbnail(media, 32, 32)).Fails(404, "M_NOT_FOUND");
        (await admin.Post($"/_synapse/admin/v1/media/unquarantine/{media.Server}/{media.Id}")).Ok();
        (await alice.Download(media)).Ok();
        (await admin.Post($"/_synapse/admin/v1/media/quarantine/{media.Server}/nothing")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Protected_media_stays_when_its_uploaders_is_quarantined()
    {
        TestClient admin = await Scope.Anonymous().RegisterAdmin();
        TestClient alice = await User();
        (string Server, string Id) one = await alice.Upload(Bytes);
        (string Server, string Id) two = await alice.Upload(Bytes);
        (await admin.Post($"/_synapse/admin/v1/media/protect/{one.Id}")).Ok();
        Assert.Equal(1, (await admin.Post($"/_synapse/admin/v1/user/{alice.UserId}/media/quarantine")).Ok().Int("num_quarantined"));
        (await alice.Download(one)).Ok();
        (await alice.Download(two)).Fails(404, "M_NOT_FOUND");
        (await admin.Post($"/_synapse/admin/v1/media/unprotect/{one.Id}")).Ok();
        Assert.Equal(1, (await admin.Post($"/_synapse/admin/v1/user/{alice.UserId}/media/quarantine")).Ok().Int("num_quarantined"));
        (await alice.Download(one)).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task A_users_uploads_are_listed_and_deleted()
    {
        TestClient admin = await Scope.Anonymous().RegisterAdmin();
        TestClient alice = await User();
        (string Server, string Id) one = await alice.Upload(Bytes, "image/png", "one.png");
        (string Server, string Id) two = await alice.Upload(Bytes);
        (string Server, string Id) three = await alice.Upload(Bytes);
        JsonElement page = (await admin.Get($"/_synapse/admin/v1/users/{alice.UserId}/media?limit=2")).Ok();
        Assert.Equal((3, 2, 2), (page.Int("total"), page.Int("next_token"), page.List("media").Length));
        page = (await admin.Get($"/_synapse/admin/v1/users/{alice.UserId}/media?limit=2&from=2")).Ok();
        Assert.False(page.Has("next_token"));
        page = (await admin.Get($"/_synapse/admin/v1/users/{alice.UserId}/media")).Ok();
        JsonElement first = Assert.Single(page.List("media"), m => m.Str("media_id") == one.Id);
        Assert.Equal(("image/png", 3, "one.png"), (first.Str("media_type"), first.Int("media_length"), first.Str("upload_name")));
        (await admin.Delete($"/_synapse/admin/v1/media/{one.Server}/{one.Id}")).Ok();
        (await admin.Delete($"/_synapse/admin/v1/media/{one.Server}/{one.Id}")).Fails(404, "M_NOT_FOUND");
        (await alice.Download(one)).Fails(404, "M_NOT_FOUND");
        Assert.Equal(Bytes, (await alice.Download(two)).Ok());
        Assert.Equal(2, (await admin.Delete($"/_synapse/admin/v1/users/{alice.UserId}/media")).Ok().Int("total"));
        (await alice.Download(three)).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Only_administrators_do_these_things()
    {
        TestClient admin = await Scope.Anonymous().RegisterAdmin();
        TestClient alice = await User();
        (string server, string id) = await alice.Upload(Bytes);
        foreach (Answer refused in new[]
        {
            await alice.Get($"/_synapse/admin/v1/users/{alice.UserId}/media"),
            await alice.Delete($"/_synapse/admin/v1/users/{alice.UserId}/media"),
            await alice.Delete($"/_synapse/admin/v1/media/{server}/{id}"),
            await alice.Post($"/_synapse/admin/v1/media/quarantine/{server}/{id}"),
            await alice.Post($"/_synapse/admin/v1/media/unquarantine/{server}/{id}"),
            await alice.Post($"/_synapse/admin/v1/user/{alice.UserId}/media/quarantine"),
            await alice.Post($"/_synapse/admin/v1/media/protect/{id}"),
            await alice.Post($"/_synapse/admin/v1/media/unprotect/{id}"),
            await alice.Post($"/_synapse/admin/v1/purge_media_cache?before_ts=0"),
        })
        {
            refused.Fails(403, "M_FORBIDDEN");
        }
        (await admin.Get($"/_synapse/admin/v1/users/{"@a:elsewhere.example"}/media")).Fails(400, "M_INVALID_PARAM");
        (await admin.Post($"/_synapse/admin/v1/purge_media_cache")).Fails(400, "M_MISSING_PARAM");
        (await admin.Post($"/_synapse/admin/v1/purge_media_cache?before_ts=x")).Fails(400, "M_INVALID_PARAM");
        Assert.Equal(0, (await admin.Post($"/_synapse/admin/v1/purge_media_cache?before_ts=0")).Ok().Int("deleted"));
    }
}

/// <inheritdoc/>
public sealed class MediaModerationOnSqlite(SqliteServer server) : MediaModerationTests(server);

/// <inheritdoc/>
public sealed class MediaModerationOnPostgres(PostgresServer server) : MediaModerationTests(server);
