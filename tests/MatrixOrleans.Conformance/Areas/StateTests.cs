using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Reading and setting room state, members, and joined members.</summary>
public abstract class StateTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_state_key_may_be_empty_left_out_or_given()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/rooms/{room}/state/m.room.name", new { name = "without slash" })).Ok();
        (await alice.Get($"/v3/rooms/{room}/state/m.room.name/")).Ok().IsJson("""{"name":"without slash"}""");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.name/", new { name = "with slash" })).Ok();
        (await alice.Get($"/v3/rooms/{room}/state/m.room.name")).Ok().IsJson("""{"name":"with slash"}""");
        (await alice.Put($"/v3/rooms/{room}/state/org.example.k/{"a/b c%ü"}", new { n = 1 })).Ok();
        (await alice.Get($"/v3/rooms/{room}/state/org.example.k/{"a/b c%ü"}")).Ok().IsJson("""{"n":1}""");
    }

    [Fact]
    public async Task The_format_parameter_gives_the_whole_event()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string id = await alice.SetState(room, "m.room.topic", new { topic = "T" });
        JsonElement whole = (await alice.Get($"/v3/rooms/{room}/state/m.room.topic/?format=event")).Ok();
        Assert.Equal(id, whole.Str("event_id"));
        Assert.Equal("m.room.topic", whole.Str("type"));
        Assert.Equal("", whole.Str("state_key"));
        Assert.Equal(alice.UserId, whole.Str("sender"));
        whole.At("content").IsJson("""{"topic":"T"}""");
        (await alice.Get($"/v3/rooms/{room}/state/m.room.topic/?format=content")).Ok().IsJson("""{"topic":"T"}""");
    }

    [Fact]
    public async Task State_that_is_not_there_is_404()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Get($"/v3/rooms/{room}/state/m.room.topic/")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/rooms/{room}/state/m.room.member/{"@nobody:localhost"}")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task State_is_for_members_and_former_members_see_it_as_it_was()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        (await bob.Get($"/v3/rooms/{room}/state")).Fails(403, "M_FORBIDDEN");
        (await bob.Get($"/v3/rooms/{room}/state/m.room.name/")).Fails(403, "M_FORBIDDEN");
        await bob.Join(room);
        await alice.SetState(room, "m.room.name", new { name = "Old" });
        await bob.Leave(room);
        await alice.SetState(room, "m.room.name", new { name = "New" });
        Assert.Equal("Old", (await bob.State(room, "m.room.name")).Str("name"));
        Assert.Equal("Old", (await bob.FullState(room)).OfType("m.room.name").Str("content", "name"));
        Assert.Equal("New", (await alice.State(room, "m.room.name")).Str("name"));
        (await bob.Get($"/v3/rooms/{"!nothing:localhost"}/state")).FailsOnUnknownRoom();
    }

    [Fact]
    public async Task World_readable_state_is_for_everybody()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { name = "Open", initial_state = new object[] { new { type = "m.room.history_visibility", state_key = "", content = new { history_visibility = "world_readable" } } } });
        Assert.Equal("Open", (await bob.State(room, "m.room.name")).Str("name"));
        Assert.NotEmpty(await bob.FullState(room));
    }

    [Fact]
    public async Task Setting_state_needs_the_power_level()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        (await bob.Put($"/v3/rooms/{room}/state/m.room.name/", new { name = "mine" })).Fails(403, "M_FORBIDDEN");
        JsonNode changed = JsonNode.Parse((await alice.State(room, "m.room.power_levels")).GetRawText())!;
        changed["users"] ??= new JsonObject();
        changed["users"]![bob.UserId] = 50;
        await alice.SetState(room, "m.room.power_levels", changed);
        await bob.SetState(room, "m.room.name", new { name = "mine" });
        changed["state_default"] = 0;
        changed["ban"] = 100;
        (await bob.Put($"/v3/rooms/{room}/state/m.room.power_levels/", changed)).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_state_key_with_another_users_id_is_refused()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        (await alice.Put($"/v3/rooms/{room}/state/org.example.k/{bob.UserId}", new { n = 1 })).Fails(403, "M_FORBIDDEN");
        await alice.SetState(room, "org.example.k", new { n = 1 }, alice.UserId);
    }

    [Fact]
    public async Task Power_levels_must_be_integers_in_new_rooms()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { room_version = "11" });
        Answer text = await alice.Put($"/v3/rooms/{room}/state/m.room.power_levels/", new { users = new Dictionary<string, string> { [alice.UserId] = "100" } });
        Assert.True(text.Status is 400 or 403, text.Text);
        Answer real = await alice.Put($"/v3/rooms/{room}/state/m.room.power_levels/", """{"ban":50.5}""");
        real.Fails(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task A_replaced_piece_of_state_tells_what_it_replaced()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string first = await alice.SetState(room, "m.room.topic", new { topic = "one" });
        string second = await alice.SetState(room, "m.room.topic", new { topic = "two" });
        JsonElement unsigned = (await alice.Event(room, second)).At("unsigned");
        unsigned.At("prev_content").IsJson("""{"topic":"one"}""");
        Assert.Equal(first, unsigned.Str("replaces_state"));
    }

    [Fact]
    public async Task The_create_event_cannot_be_sent_again()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        Answer answer = await alice.Put($"/v3/rooms/{room}/state/m.room.create/", new { room_version = "1" });
        Assert.True(answer.Status is 400 or 403, answer.Text);
    }

    [Fact]
    public async Task A_canonical_alias_must_point_to_the_room()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string other = await alice.CreateRoom();
        string mine = $"#mine-{Guid.NewGuid():N}:localhost";
        string others = $"#others-{Guid.NewGuid():N}:localhost";
        (await alice.Put($"/v3/directory/room/{mine}", new { room_id = room })).Ok();
        (await alice.Put($"/v3/directory/room/{others}", new { room_id = other })).Ok();
        await alice.SetState(room, "m.room.canonical_alias", new { alias = mine });
        (await alice.Put($"/v3/rooms/{room}/state/m.room.canonical_alias/", new { alias = others })).Fails(400, "M_BAD_ALIAS");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.canonical_alias/", new { alias = "#nothing-at-all:localhost" })).Fails(400, "M_BAD_ALIAS");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.canonical_alias/", new { alias = mine, alt_aliases = new[] { others } })).Fails(400, "M_BAD_ALIAS");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.canonical_alias/", new { alias = "not an alias" })).Fails(400, "M_INVALID_PARAM");
        Assert.Equal(mine, (await alice.State(room, "m.room.canonical_alias")).Str("alias"));
    }

    [Fact]
    public async Task Members_can_be_listed_by_membership()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await bob.Leave(room);
        await alice.Invite(room, carol);
        string[] Members(JsonElement answer) => [.. answer.List("chunk").Select(e => e.Str("state_key")).Order()];
        string[] Sorted(params TestClient[] users) => [.. users.Select(u => u.UserId).Order()];
        Assert.Equal(Sorted(alice, bob, carol), Members((await alice.Get($"/v3/rooms/{room}/members")).Ok()));
        Assert.Equal(Sorted(alice), Members((await alice.Get($"/v3/rooms/{room}/members?membership=join")).Ok()));
        Assert.Equal(Sorted(carol), Members((await alice.Get($"/v3/rooms/{room}/members?membership=invite")).Ok()));
        Assert.Equal(Sorted(alice, carol), Members((await alice.Get($"/v3/rooms/{room}/members?not_membership=leave")).Ok()));
        (await carol.Get($"/v3/rooms/{room}/members")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Members_can_be_listed_as_of_a_point_in_the_timeline()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        string before = await alice.SyncToken();
        await bob.Join(room);
        string[] then = [.. (await alice.Get($"/v3/rooms/{room}/members?at={before}")).Ok().List("chunk").Select(e => e.Str("state_key"))];
        Assert.Equal([alice.UserId], then);
        Assert.Equal(2, (await alice.Get($"/v3/rooms/{room}/members")).Ok().List("chunk").Length);
    }

    [Fact]
    public async Task Joined_members_come_with_their_profiles()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (await bob.Put($"/v3/profile/{bob.UserId}/displayname", new { displayname = "Bob" })).Ok();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        JsonElement joined = (await alice.Get($"/v3/rooms/{room}/joined_members")).Ok();
        Assert.Equal([.. new[] { alice.UserId, bob.UserId }.Order()], [.. joined.Keys("joined").Order()]);
        Assert.Equal("Bob", joined.Str("joined", bob.UserId, "display_name"));
        await bob.Leave(room);
        Assert.Equal([alice.UserId], (await alice.Get($"/v3/rooms/{room}/joined_members")).Ok().Keys("joined"));
        (await bob.Get($"/v3/rooms/{room}/joined_members")).Fails(403, "M_FORBIDDEN");
    }
}

/// <inheritdoc/>
public sealed class StateOnSqlite(SqliteServer server) : StateTests(server);

/// <inheritdoc/>
public sealed class StateOnPostgres(PostgresServer server) : StateTests(server);
