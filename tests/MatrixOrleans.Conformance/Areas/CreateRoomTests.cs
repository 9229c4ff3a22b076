using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>POST /createRoom: presets, every option, and the order of the first events.</summary>
public abstract class CreateRoomTests(SharedServer server) : ConformanceTest(server)
{
    [Theory]
    [InlineData("private_chat", "invite", "shared", "can_join")]
    [InlineData("trusted_private_chat", "invite", "shared", "can_join")]
    [InlineData("public_chat", "public", "shared", "forbidden")]
    public async Task A_preset_sets_join_rules_history_visibility_and_guest_access(string preset, string joinRule, string visibility, string guests)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { preset });
        Assert.Equal(joinRule, (await alice.State(room, "m.room.join_rules")).Str("join_rule"));
        Assert.Equal(visibility, (await alice.State(room, "m.room.history_visibility")).Str("history_visibility"));
        JsonElement[] state = await alice.FullState(room);
        string guestAccess = state.Any(e => e.Str("type") == "m.room.guest_access") ? state.OfType("m.room.guest_access").Str("content", "guest_access") : "forbidden";
        Assert.Equal(guests, guestAccess);
    }

    [Theory]
    [InlineData("public", "public")]
    [InlineData("private", "invite")]
    public async Task Without_a_preset_the_visibility_decides(string visibility, string joinRule)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { visibility });
        Assert.Equal(joinRule, (await alice.State(room, "m.room.join_rules")).Str("join_rule"));
        Assert.Equal(visibility, (await alice.Get($"/v3/directory/list/room/{room}")).Ok().Str("visibility"));
    }

    [Fact]
    public async Task The_first_events_come_in_the_specified_order()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string alias = $"order-{Guid.NewGuid():N}";
        string room = await alice.CreateRoom(new
        {
            preset = "public_chat",
            room_alias_name = alias,
            name = "A name",
            topic = "A topic",
            invite = new[] { bob.UserId },
            initial_state = new object[] { new { type = "org.example.first", state_key = "", content = new { n = 1 } }, new { type = "org.example.second", state_key = "key", content = new { n = 2 } } },
        });
        string[] types = [.. (await alice.WalkMessages(room, "f")).Select(e => e.Str("type"))];
        string[] expected =
        [
            "m.room.create", "m.room.member", "m.room.power_levels", "m.room.canonical_alias", "m.room.join_rules", "m.room.history_visibility", "m.room.guest_access",
            "org.example.first", "org.example.second", "m.room.name", "m.room.topic", "m.room.member",
        ];
        Assert.Equal(expected.Where(t => t != "m.room.guest_access"), types.Where(t => t != "m.room.guest_access"));
    }

    [Fact]
    public async Task Name_topic_alias_and_initial_state_are_set()
    {
        TestClient alice = await User();
        string alias = $"all-{Guid.NewGuid():N}";
        string room = await alice.CreateRoom(new
        {
            name = "The Grand Duke Pub",
            topic = "All about happy hour",
            room_alias_name = alias,
            initial_state = new object[] { new { type = "m.room.avatar", content = new { url = "mxc://localhost/abc" } }, new { type = "org.example.keyed", state_key = "k", content = new { a = 1 } } },
        });
        Assert.Equal("The Grand Duke Pub", (await alice.State(room, "m.room.name")).Str("name"));
        Assert.Equal("All about happy hour", (await alice.State(room, "m.room.topic")).Str("topic"));
        Assert.Equal($"#{alias}:localhost", (await alice.State(room, "m.room.canonical_alias")).Str("alias"));
        Assert.Equal(room, (await alice.Get($"/v3/directory/room/{$"#{alias}:localhost"}")).Ok().Str("room_id"));
        Assert.Equal("mxc://localhost/abc", (await alice.State(room, "m.room.avatar")).Str("url"));
        Assert.Equal(1, (await alice.State(room, "org.example.keyed", "k")).Int("a"));
    }

    [Fact]
    public async Task Initial_state_overrides_the_preset_and_name_overrides_initial_state()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new
        {
            preset = "private_chat",
            name = "Stronger",
            initial_state = new object[]
            {
                new { type = "m.room.join_rules", state_key = "", content = new { join_rule = "public" } },
                new { type = "m.room.history_visibility", state_key = "", content = new { history_visibility = "joined" } },
                new { type = "m.room.name", state_key = "", content = new { name = "Weaker" } },
            },
        });
        Assert.Equal("public", (await alice.State(room, "m.room.join_rules")).Str("join_rule"));
        Assert.Equal("joined", (await alice.State(room, "m.room.history_visibility")).Str("history_visibility"));
        Assert.Equal("Stronger", (await alice.State(room, "m.room.name")).Str("name"));
    }

    [Fact]
    public async Task Creation_content_is_added_and_its_reserved_keys_are_overwritten()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new
        {
            room_version = "10",
            creation_content = new Dictionary<string, object> { ["m.federate"] = false, ["type"] = "m.space", ["creator"] = "@mallory:localhost", ["room_version"] = "1" },
        });
        JsonElement create = await alice.State(room, "m.room.create");
        Assert.False(create.Bool("m.federate"));
        Assert.Equal("m.space", create.Str("type"));
        Assert.Equal(alice.UserId, create.Str("creator"));
        Assert.Equal("10", create.Str("room_version"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    public async Task A_room_of_every_version_can_be_made_and_used(int version)
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { room_version = $"{version}", preset = "public_chat" });
        JsonElement create = (await alice.FullState(room)).OfType("m.room.create");
        Assert.Equal(alice.UserId, create.Str("sender"));
        Assert.Equal($"{version}", version == 1 && !create.Has("content", "room_version") ? "1" : create.Str("content", "room_version"));
        Assert.Equal(version < 11, create.Has("content", "creator"));
        Assert.Equal(version >= 12, !room.Contains(':', StringComparison.Ordinal));
        await bob.Join(room);
        string sent = await bob.Say(room, "hello");
        Assert.Equal("hello", (await alice.Event(room, sent)).Str("content", "body"));
        Assert.Equal(version <= 2, sent.Contains(':', StringComparison.Ordinal));
        JsonElement levels = await alice.State(room, "m.room.power_levels");
        Assert.Equal(version >= 12 ? [] : [alice.UserId], levels.Keys("users"));
        await alice.SetState(room, "m.room.name", new { name = "Named" });
        (await bob.Put($"/v3/rooms/{room}/state/m.room.name/", new { name = "Not mine" })).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task In_version_12_the_room_id_is_the_create_events_hash_and_tombstones_need_more_than_state_default()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { room_version = "12" });
        JsonElement create = (await alice.FullState(room)).OfType("m.room.create");
        Assert.Equal($"!{create.Str("event_id")[1..]}", room);
        JsonElement levels = await alice.State(room, "m.room.power_levels");
        long stateDefault = levels.Has("state_default") ? levels.Int("state_default") : 50;
        Assert.True(levels.Int("events", "m.room.tombstone") > stateDefault);
    }

    [Fact]
    public async Task In_version_12_the_invitees_of_a_trusted_private_chat_are_additional_creators()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { room_version = "12", preset = "trusted_private_chat", invite = new[] { bob.UserId } });
        Assert.Contains(bob.UserId, (await alice.State(room, "m.room.create")).List("additional_creators").Select(c => c.GetString()));
        await bob.Join(room);
        await bob.SetState(room, "m.room.name", new { name = "Ours" });
    }

    [Fact]
    public async Task Until_version_11_the_invitees_of_a_trusted_private_chat_have_the_creators_power_level()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { room_version = "11", preset = "trusted_private_chat", invite = new[] { bob.UserId } });
        JsonElement levels = await alice.State(room, "m.room.power_levels");
        Assert.Equal(levels.Int("users", alice.UserId), levels.Int("users", bob.UserId));
    }

    [Fact]
    public async Task Power_levels_are_overridden_member_by_member()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { room_version = "11", power_level_content_override = new { invite = 100, events = new Dictionary<string, int> { ["m.room.name"] = 77 } } });
        JsonElement levels = await alice.State(room, "m.room.power_levels");
        Assert.Equal(100, levels.Int("invite"));
        Assert.Equal(77, levels.Int("events", "m.room.name"));
        Assert.Equal(100, levels.Int("users", alice.UserId));
    }

    [Fact]
    public async Task Invitees_get_their_invite_with_is_direct()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { preset = "trusted_private_chat", is_direct = true, invite = new[] { bob.UserId } });
        JsonElement[] stripped = (await bob.Sync()).List("rooms", "invite", room, "invite_state", "events");
        JsonElement member = stripped.OfType("m.room.member", bob.UserId);
        Assert.Equal("invite", member.Str("content", "membership"));
        Assert.True(member.Bool("content", "is_direct"));
    }

    [Fact]
    public async Task The_creator_joins_with_the_own_profile()
    {
        TestClient alice = await User();
        (await alice.Put($"/v3/profile/{alice.UserId}/displayname", new { displayname = "Alice Margatroid" })).Ok();
        string room = await alice.CreateRoom();
        Assert.Equal("Alice Margatroid", (await alice.State(room, "m.room.member", alice.UserId)).Str("displayname"));
    }

    [Fact]
    public async Task An_unknown_room_version_is_M_UNSUPPORTED_ROOM_VERSION() =>
        (await (await User()).Post($"/v3/createRoom", new { room_version = "no-such-version" })).Fails(400, "M_UNSUPPORTED_ROOM_VERSION");

    [Fact]
    public async Task A_taken_alias_is_M_ROOM_IN_USE_and_makes_no_room()
    {
        TestClient alice = await User();
        string alias = $"taken-{Guid.NewGuid():N}";
        await alice.CreateRoom(new { room_alias_name = alias });
        (await alice.Post($"/v3/createRoom", new { room_alias_name = alias })).Fails(400, "M_ROOM_IN_USE");
        Assert.Single((await alice.Get($"/v3/joined_rooms")).Ok().List("joined_rooms"));
    }

    [Theory]
    [InlineData("""{"visibility":7}""", "M_BAD_JSON")]
    [InlineData("""{"preset":"no_such_preset"}""", "M_BAD_JSON M_INVALID_PARAM")]
    [InlineData("""{"visibility":"secret"}""", "M_BAD_JSON M_INVALID_PARAM")]
    [InlineData("""{"name":{"a":1}}""", "M_BAD_JSON")]
    [InlineData("""{"invite":"@bob:localhost"}""", "M_BAD_JSON")]
    [InlineData("""{"invite":["bob"]}""", "M_BAD_JSON M_INVALID_PARAM")]
    [InlineData("""{"initial_state":[{"content":{}}]}""", "M_BAD_JSON M_MISSING_PARAM")]
    [InlineData("""{"initial_state":[{"type":"a","content":7}]}""", "M_BAD_JSON")]
    [InlineData("""{"room_version":12}""", "M_BAD_JSON")]
    [InlineData("""{"creation_content":[]}""", "M_BAD_JSON")]
    [InlineData("""{"power_level_content_override":"x"}""", "M_BAD_JSON")]
    [InlineData("""{"room_alias_name":"with:colon"}""", "M_INVALID_PARAM M_BAD_JSON")]
    public async Task A_wrong_option_is_400_and_makes_no_room(string body, string errcodes)
    {
        TestClient alice = await User();
        (await alice.Post($"/v3/createRoom", body)).FailsWithOneOf(400, errcodes.Split(' '));
        Assert.Empty((await alice.Get($"/v3/joined_rooms")).Ok().List("joined_rooms"));
    }

    [Fact]
    public async Task Power_levels_that_lock_the_creator_out_are_refused_whole()
    {
        TestClient alice = await User();
        Answer answer = await alice.Post($"/v3/createRoom", new { room_version = "11", name = "Never", power_level_content_override = new { users = new Dictionary<string, int> { [alice.UserId] = 0 }, state_default = 50 } });
        answer.FailsWithOneOf(400, "M_INVALID_ROOM_STATE", "M_BAD_JSON", "M_INVALID_PARAM");
        Assert.Empty((await alice.Get($"/v3/joined_rooms")).Ok().List("joined_rooms"));
    }
}

/// <inheritdoc/>
public sealed class CreateRoomOnSqlite(SqliteServer server) : CreateRoomTests(server);

/// <inheritdoc/>
public sealed class CreateRoomOnPostgres(PostgresServer server) : CreateRoomTests(server);
