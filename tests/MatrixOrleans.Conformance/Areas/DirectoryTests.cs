using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Aliases, joining by alias, and the published room directory.</summary>
public abstract class DirectoryTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task An_alias_is_made_found_listed_and_removed()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string alias = NewAlias();
        (await alice.Get($"/v3/directory/room/{alias}")).Fails(404, "M_NOT_FOUND");
        (await alice.Put($"/v3/directory/room/{alias}", new { room_id = room })).Ok();
        JsonElement found = (await Scope.Anonymous().Get($"/v3/directory/room/{alias}")).Ok();
        Assert.Equal(room, found.Str("room_id"));
        Assert.Contains("localhost", found.List("servers").Select(s => s.GetString()));
        Assert.Equal([alias], (await alice.Get($"/v3/rooms/{room}/aliases")).Ok().List("aliases").Select(a => a.GetString()));
        (await alice.Delete($"/v3/directory/room/{alias}")).Ok();
        (await alice.Get($"/v3/directory/room/{alias}")).Fails(404, "M_NOT_FOUND");
        Assert.Empty((await alice.Get($"/v3/rooms/{room}/aliases")).Ok().List("aliases"));
    }

    [Fact]
    public async Task An_alias_belongs_to_one_room()
    {
        TestClient alice = await User();
        string alias = NewAlias();
        (await alice.Put($"/v3/directory/room/{alias}", new { room_id = await alice.CreateRoom() })).Ok();
        (await alice.Put($"/v3/directory/room/{alias}", new { room_id = await alice.CreateRoom() })).FailsWithOneOf(409, "M_UNKNOWN", "M_ROOM_IN_USE");
    }

    [Fact]
    public async Task Wrong_aliases_are_400()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/directory/room/{"no-sigil:localhost"}", new { room_id = room })).Fails(400, "M_INVALID_PARAM");
        (await alice.Put($"/v3/directory/room/{"#no-server"}", new { room_id = room })).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/v3/directory/room/{"nonsense"}")).Fails(400, "M_INVALID_PARAM");
        (await alice.Put($"/v3/directory/room/{NewAlias()}", new { })).FailsWithOneOf(400, "M_MISSING_PARAM", "M_BAD_JSON");
        (await alice.Put($"/v3/directory/room/{NewAlias()}", new { room_id = 7 })).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/directory/room/{"#elsewhere:elsewhere.example"}", new { room_id = room })).FailsWithOneOf(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task An_alias_is_removed_by_its_maker_or_by_power_in_the_room()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await carol.Join(room);
        string bobs = NewAlias();
        (await bob.Put($"/v3/directory/room/{bobs}", new { room_id = room })).Ok();
        (await carol.Delete($"/v3/directory/room/{bobs}")).Fails(403, "M_FORBIDDEN");
        (await bob.Delete($"/v3/directory/room/{bobs}")).Ok();
        string again = NewAlias();
        (await bob.Put($"/v3/directory/room/{again}", new { room_id = room })).Ok();
        (await alice.Delete($"/v3/directory/room/{again}")).Ok();
        (await alice.Delete($"/v3/directory/room/{NewAlias()}")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task A_room_is_joined_by_its_alias()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string alias = NewAlias();
        string room = await alice.CreateRoom(new { preset = "public_chat", room_alias_name = alias[1..alias.IndexOf(':', StringComparison.Ordinal)] });
        Assert.Equal(room, await bob.Join(alias));
        Assert.Equal("join", await alice.MembershipOf(room, bob));
        (await bob.Post($"/v3/join/{NewAlias()}")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Aliases_of_a_room_are_for_its_members()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom();
        (await bob.Get($"/v3/rooms/{room}/aliases")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_published_room_is_in_the_directory_with_what_it_shows()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string name = $"Pub {Guid.NewGuid():N}";
        string room = await alice.CreateRoom(new { visibility = "public", name, topic = "Happy hour" });
        await bob.Join(room);
        JsonElement entry = await Find(alice, room, name);
        Assert.Equal(name, entry.Str("name"));
        Assert.Equal("Happy hour", entry.Str("topic"));
        Assert.Equal(2, entry.Int("num_joined_members"));
        Assert.False(entry.Bool("world_readable"));
        Assert.False(entry.Bool("guest_can_join"));
        Assert.Equal("public", entry.Str("join_rule"));
    }

    [Fact]
    public async Task Visibility_can_be_changed_by_those_with_power()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string name = $"Changing {Guid.NewGuid():N}";
        string room = await alice.CreateRoom(new { preset = "public_chat", name });
        await bob.Join(room);
        Assert.Equal("private", (await alice.Get($"/v3/directory/list/room/{room}")).Ok().Str("visibility"));
        (await bob.Put($"/v3/directory/list/room/{room}", new { visibility = "public" })).Fails(403, "M_FORBIDDEN");
        (await alice.Put($"/v3/directory/list/room/{room}", new { visibility = "public" })).Ok();
        await Find(bob, room, name);
        (await alice.Put($"/v3/directory/list/room/{room}", new { visibility = "private" })).Ok();
        Assert.Empty((await bob.Post($"/v3/publicRooms", new { filter = new { generic_search_term = name } })).Ok().List("chunk"));
        (await alice.Put($"/v3/directory/list/room/{room}", new { visibility = "loud" })).FailsWithOneOf(400, "M_BAD_JSON", "M_INVALID_PARAM");
        (await alice.Get($"/v3/directory/list/room/{"!nothing:localhost"}")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task The_directory_is_paged_ordered_by_size_and_whole()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string tag = $"paged-{Guid.NewGuid():N}";
        string small = await alice.CreateRoom(new { visibility = "public", name = $"{tag} small" });
        string big = await alice.CreateRoom(new { visibility = "public", name = $"{tag} big" });
        string other = await alice.CreateRoom(new { visibility = "public", name = $"{tag} other" });
        await bob.Join(big);
        List<string> found = [];
        string? since = null;
        do
        {
            JsonElement page = (await bob.Post($"/v3/publicRooms", since is null
                ? new { limit = 1, filter = new { generic_search_term = tag } }
                : new { limit = 1, since, filter = new { generic_search_term = tag } })).Ok();
            found.AddRange(page.List("chunk").Select(r => r.Str("room_id")));
            since = page.Has("next_batch") ? page.Str("next_batch") : null;
        }
        while (since is not null && found.Count < 10);
        Assert.Equal(big, found[0]);
        Assert.Equal([.. new[] { small, big, other }.Order()], [.. found.Order()]);
    }

    [Fact]
    public async Task The_directory_can_be_read_without_a_token_by_GET()
    {
        TestClient alice = await User();
        await alice.CreateRoom(new { visibility = "public", name = "Anything" });
        JsonElement page = (await Scope.Anonymous().Get($"/v3/publicRooms?limit=1")).Ok();
        Assert.Single(page.List("chunk"));
        (await Scope.Anonymous().Post($"/v3/publicRooms")).Fails(401, "M_MISSING_TOKEN");
        (await Scope.Anonymous().Get($"/v3/publicRooms?limit=x")).FailsWithOneOf(400, "M_INVALID_PARAM", "M_BAD_JSON", "M_UNKNOWN");
    }

    [Fact]
    public async Task Room_types_filter_the_directory()
    {
        TestClient alice = await User();
        string tag = $"typed-{Guid.NewGuid():N}";
        string space = await alice.CreateRoom(new { visibility = "public", name = $"{tag} space", creation_content = new { type = "m.space" } });
        string plain = await alice.CreateRoom(new { visibility = "public", name = $"{tag} plain" });
        async Task<string[]> OfType(params string?[] types) => [.. (await alice.Post($"/v3/publicRooms", new { filter = new { generic_search_term = tag, room_types = types } })).Ok().List("chunk").Select(r => r.Str("room_id")).Order()];
        string[] spaces = await OfType("m.space");
        string[] plains = await OfType((string?)null);
        string[] both = await OfType("m.space", null);
        Assert.Equal([space], spaces);
        Assert.Equal([plain], plains);
        Assert.Equal([.. new[] { space, plain }.Order()], both);
    }

    private static async Task<JsonElement> Find(TestClient client, string room, string term)
    {
        JsonElement[] chunk = (await client.Post($"/v3/publicRooms", new { filter = new { generic_search_term = term } })).Ok().List("chunk");
        return Assert.Single(chunk, r => r.Str("room_id") == room);
    }

    private static string NewAlias() => $"#alias-{Guid.NewGuid():N}:localhost";
}

/// <inheritdoc/>
public sealed class DirectoryOnSqlite(SqliteServer server) : DirectoryTests(server);

/// <inheritdoc/>
public sealed class DirectoryOnPostgres(PostgresServer server) : DirectoryTests(server);
