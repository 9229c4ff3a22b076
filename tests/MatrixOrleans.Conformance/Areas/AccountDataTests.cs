using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Account data, global and of a room, tags, and filters.</summary>
public abstract class AccountDataTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task Global_account_data_is_kept_and_synced()
    {
        TestClient alice = await User();
        string token = await alice.SyncToken();
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/org.example.config", """{"key":"value","n":[1,2]}""")).Ok();
        (await alice.Get($"/v3/user/{alice.UserId}/account_data/org.example.config")).Ok().IsJson("""{"key":"value","n":[1,2]}""");
        JsonElement sync = await alice.SyncUntil(token, s => s.List("account_data", "events").Any(e => e.Str("type") == "org.example.config"));
        sync.List("account_data", "events").OfType("org.example.config").At("content").IsJson("""{"key":"value","n":[1,2]}""");
        Assert.Empty((await alice.Sync(sync.Str("next_batch"))).List("account_data", "events"));
        (await alice.Sync()).List("account_data", "events").OfType("org.example.config");
    }

    [Fact]
    public async Task Account_data_of_a_room_is_kept_and_synced_in_the_room()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string token = await alice.SyncToken();
        (await alice.Put($"/v3/user/{alice.UserId}/rooms/{room}/account_data/org.example.config", """{"a":1}""")).Ok();
        (await alice.Get($"/v3/user/{alice.UserId}/rooms/{room}/account_data/org.example.config")).Ok().IsJson("""{"a":1}""");
        JsonElement sync = await alice.SyncUntil(token, s => s.List("rooms", "join", room, "account_data", "events").Length > 0);
        sync.List("rooms", "join", room, "account_data", "events").OfType("org.example.config").At("content").IsJson("""{"a":1}""");
        Assert.Empty(sync.Timeline(room));
        (await alice.Sync()).List("rooms", "join", room, "account_data", "events").OfType("org.example.config");
        (await alice.Get($"/v3/user/{alice.UserId}/account_data/org.example.config")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Account_data_that_is_not_there_is_404()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Get($"/v3/user/{alice.UserId}/account_data/org.example.none")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/user/{alice.UserId}/rooms/{room}/account_data/org.example.none")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Account_data_is_the_users_own()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom();
        (await bob.Put($"/v3/user/{alice.UserId}/account_data/org.example.c", "{}")).Fails(403, "M_FORBIDDEN");
        (await bob.Get($"/v3/user/{alice.UserId}/account_data/org.example.c")).Fails(403, "M_FORBIDDEN");
        (await bob.Put($"/v3/user/{alice.UserId}/rooms/{room}/account_data/org.example.c", "{}")).Fails(403, "M_FORBIDDEN");
        (await bob.Get($"/v3/user/{alice.UserId}/rooms/{room}/account_data/org.example.c")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Account_data_must_be_a_json_object()
    {
        TestClient alice = await User();
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/org.example.c", "[]")).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/org.example.c", "{not json")).Fails(400, "M_NOT_JSON");
        (await alice.Put($"/v3/user/{alice.UserId}/rooms/{"nonsense"}/account_data/org.example.c", "{}")).Fails(400, "M_INVALID_PARAM");
    }

    [Theory]
    [InlineData("m.fully_read")]
    [InlineData("m.push_rules")]
    public async Task Types_that_the_server_manages_cannot_be_set(string type)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/{type}", "{}")).Fails(405, "M_BAD_JSON");
        (await alice.Put($"/v3/user/{alice.UserId}/rooms/{room}/account_data/{type}", "{}")).Fails(405, "M_BAD_JSON");
    }

    [Fact]
    public async Task Tags_are_set_listed_synced_and_removed()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string token = await alice.SyncToken();
        (await alice.Get($"/v3/user/{alice.UserId}/rooms/{room}/tags")).Ok().At("tags").IsJson("{}");
        (await alice.Put($"/v3/user/{alice.UserId}/rooms/{room}/tags/m.favourite", """{"order":0.25}""")).Ok();
        (await alice.Put($"/v3/user/{alice.UserId}/rooms/{room}/tags/u.work", """{}""")).Ok();
        (await alice.Get($"/v3/user/{alice.UserId}/rooms/{room}/tags")).Ok().At("tags").IsJson("""{"m.favourite":{"order":0.25},"u.work":{}}""");
        JsonElement sync = await alice.SyncUntil(token, s => s.List("rooms", "join", room, "account_data", "events").Any(e => e.Has("content", "tags", "u.work")));
        sync.List("rooms", "join", room, "account_data", "events").OfType("m.tag").At("content", "tags").IsJson("""{"m.favourite":{"order":0.25},"u.work":{}}""");
        (await alice.Delete($"/v3/user/{alice.UserId}/rooms/{room}/tags/m.favourite")).Ok();
        sync = await alice.SyncUntil(sync.Str("next_batch"), s => s.List("rooms", "join", room, "account_data", "events").Length > 0);
        sync.List("rooms", "join", room, "account_data", "events").OfType("m.tag").At("content", "tags").IsJson("""{"u.work":{}}""");
        (await alice.Get($"/v3/user/{alice.UserId}/rooms/{room}/account_data/m.tag")).Ok().At("tags").IsJson("""{"u.work":{}}""");
    }

    [Fact]
    public async Task Concurrent_tags_all_stay()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i => (await alice.Put($"/v3/user/{alice.UserId}/rooms/{room}/tags/u.t{i}", "{}")).Ok()));
        Assert.Equal(8, (await alice.Get($"/v3/user/{alice.UserId}/rooms/{room}/tags")).Ok().Keys("tags").Length);
    }

    [Fact]
    public async Task Tags_are_the_users_own_and_well_formed()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom();
        (await bob.Put($"/v3/user/{alice.UserId}/rooms/{room}/tags/u.x", "{}")).Fails(403, "M_FORBIDDEN");
        (await bob.Get($"/v3/user/{alice.UserId}/rooms/{room}/tags")).Fails(403, "M_FORBIDDEN");
        (await bob.Delete($"/v3/user/{alice.UserId}/rooms/{room}/tags/u.x")).Fails(403, "M_FORBIDDEN");
        (await alice.Put($"/v3/user/{alice.UserId}/rooms/{room}/tags/u.x", """{"order":"high"}""")).FailsWithOneOf(400, "M_BAD_JSON", "M_INVALID_PARAM");
    }

    [Fact]
    public async Task A_filter_is_kept_and_read_back()
    {
        TestClient alice = await User();
        string filter = """{"room":{"timeline":{"limit":7,"types":["m.room.message"]}},"event_fields":["type","content"]}""";
        string id = (await alice.Post($"/v3/user/{alice.UserId}/filter", filter)).Ok().Str("filter_id");
        Assert.False(id.StartsWith('{'));
        JsonElement back = (await alice.Get($"/v3/user/{alice.UserId}/filter/{id}")).Ok();
        Assert.Equal(7, back.Int("room", "timeline", "limit"));
        await alice.Sync(filter: id);
    }

    [Fact]
    public async Task Filters_are_the_users_own_and_well_formed()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (await bob.Post($"/v3/user/{alice.UserId}/filter", "{}")).Fails(403, "M_FORBIDDEN");
        string id = (await alice.Post($"/v3/user/{alice.UserId}/filter", "{}")).Ok().Str("filter_id");
        (await bob.Get($"/v3/user/{alice.UserId}/filter/{id}")).Fails(403, "M_FORBIDDEN");
        (await alice.Get($"/v3/user/{alice.UserId}/filter/nonesuch")).Fails(404, "M_NOT_FOUND");
        (await alice.Post($"/v3/user/{alice.UserId}/filter", """{"room":{"timeline":{"limit":"many"}}}""")).FailsWithOneOf(400, "M_BAD_JSON", "M_INVALID_PARAM");
        (await alice.Post($"/v3/user/{alice.UserId}/filter", """{"room":[]}""")).FailsWithOneOf(400, "M_BAD_JSON", "M_INVALID_PARAM");
    }
}

/// <inheritdoc/>
public sealed class AccountDataOnSqlite(SqliteServer server) : AccountDataTests(server);

/// <inheritdoc/>
public sealed class AccountDataOnPostgres(PostgresServer server) : AccountDataTests(server);
