using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Replacing a room by one of another version.</summary>
public abstract class RoomUpgradeTests(SharedServer server) : ConformanceTest(server)
{
    [Theory]
    [InlineData("1", "6")]
    [InlineData("5", "10")]
    [InlineData("10", "11")]
    [InlineData("11", "12")]
    [InlineData("12", "12")]
    [InlineData("12", "11")]
    [InlineData("11", "5")]
    public async Task State_bans_and_levels_go_into_the_new_room_and_the_old_one_is_closed(string from, string to)
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient mallory = await User();
        string old = await alice.CreateRoom(new { room_version = from, preset = "public_chat", name = "Hall", topic = "Everything", creation_content = new Dictionary<string, object> { ["m.federate"] = false } });
        await bob.Join(old);
        (await alice.Post($"/v3/rooms/{old}/ban", new { user_id = mallory.UserId, reason = "spam" })).Ok();
        await alice.SetState(old, "m.room.encryption", new { algorithm = "m.megolm.v1.aes-sha2" });
        JsonElement levels = await alice.State(old, "m.room.power_levels");
        Dictionary<string, object> changed = levels.EnumerateObject().ToDictionary(p => p.Name, p => (object)p.Value);
        changed["users"] = levels.At("users").EnumerateObject().Select(p => (p.Name, p.Value.GetInt64())).Append((bob.UserId, 50L)).ToDictionary(p => p.Item1, p => p.Item2);
        await alice.SetState(old, "m.room.power_levels", changed);

        string replacement = (await alice.Post($"/v3/rooms/{old}/upgrade", new { new_version = to })).Ok().Str("replacement_room");
        Assert.NotEqual(old, replacement);
        Assert.Equal(replacement, (await alice.State(old, "m.room.tombstone")).Str("replacement_room"));
        JsonElement create = await alice.State(replacement, "m.room.create");
        Assert.Equal(to, create.Str("room_version"));
        Assert.Equal(old, create.Str("predecessor", "room_id"));
        Assert.Equal(to != "12", create.Has("predecessor", "event_id"));
        Assert.False(create.Bool("m.federate"));
        Assert.Equal("Hall", (await alice.State(replacement, "m.room.name")).Str("name"));
        Assert.Equal("Everything", (await alice.State(replacement, "m.room.topic")).Str("topic"));
        Assert.Equal("public", (await alice.State(replacement, "m.room.join_rules")).Str("join_rule"));
        Assert.Equal("m.megolm.v1.aes-sha2", (await alice.State(replacement, "m.room.encryption")).Str("algorithm"));
        Assert.Equal("ban", await alice.MembershipOf(replacement, mallory));
        JsonElement next = await alice.State(replacement, "m.room.power_levels");
        Assert.Equal(50, next.Int("users", bob.UserId));
        Assert.Equal(to != "12", next.Has("users", alice.UserId));
        Assert.Equal(to != "12" || from == "12" ? levels.Int("events", "m.room.tombstone") : 150, next.Int("events", "m.room.tombstone"));
        JsonElement closed = await alice.State(old, "m.room.power_levels");
        Assert.Equal(50, closed.Int("events_default"));
        Assert.Equal(50, closed.Int("invite"));
        await bob.Join(replacement);
        await alice.SetState(replacement, "m.room.name", new { name = "New hall" });
        (await mallory.Post($"/v3/join/{replacement}")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Aliases_and_the_place_in_the_directory_move()
    {
        TestClient alice = await User();
        string name = $"moving-{Guid.NewGuid():N}";
        string old = await alice.CreateRoom(new { preset = "public_chat", visibility = "public", room_alias_name = name });
        string alias = $"#{name}:localhost";
        string replacement = (await alice.Post($"/v3/rooms/{old}/upgrade", new { new_version = "12" })).Ok().Str("replacement_room");
        Assert.Equal(replacement, (await alice.Get($"/v3/directory/room/{alias}")).Ok().Str("room_id"));
        Assert.Equal(alias, (await alice.State(replacement, "m.room.canonical_alias")).Str("alias"));
        Assert.False((await alice.State(old, "m.room.canonical_alias")).Has("alias"));
        Assert.Equal("public", (await alice.Get($"/v3/directory/list/room/{replacement}")).Ok().Str("visibility"));
        Assert.Equal("private", (await alice.Get($"/v3/directory/list/room/{old}")).Ok().Str("visibility"));
    }

    [Fact]
    public async Task Who_joins_the_new_room_keeps_tags_direct_chats_and_push_rules()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string old = await alice.CreatePublicRoom();
        await bob.Join(old);
        (await bob.Put($"/v3/user/{bob.UserId}/rooms/{old}/tags/m.favourite", new { order = 0.5 })).Ok();
        (await bob.Put($"/v3/user/{bob.UserId}/account_data/m.direct", new Dictionary<string, string[]> { [alice.UserId] = [old] })).Ok();
        (await bob.Put($"/v3/pushrules/global/room/{old}", new { actions = new[] { "notify" } })).Ok();
        (await bob.Put($"/v3/pushrules/global/override/{old}", new { actions = Array.Empty<string>(), conditions = new[] { new { kind = "event_match", key = "room_id", pattern = old } } })).Ok();
        string replacement = (await alice.Post($"/v3/rooms/{old}/upgrade", new { new_version = "12" })).Ok().Str("replacement_room");
        await bob.Join(replacement);
        Assert.True((await bob.Get($"/v3/user/{bob.UserId}/rooms/{replacement}/tags")).Ok().Has("tags", "m.favourite"));
        Assert.Equal([old, replacement], (await bob.Get($"/v3/user/{bob.UserId}/account_data/m.direct")).Ok().List(alice.UserId).Select(r => r.GetString()));
        Assert.Equal(replacement, (await bob.Get($"/v3/pushrules/global/room/{replacement}")).Ok().Str("rule_id"));
        Assert.Equal(replacement, (await bob.Get($"/v3/pushrules/global/override/{replacement}")).Ok().Str("conditions", 0, "pattern"));
    }

    [Fact]
    public async Task A_space_keeps_its_type_and_children()
    {
        TestClient alice = await User();
        string child = await alice.CreateRoom();
        string old = await alice.CreateRoom(new { room_version = "11", creation_content = new { type = "m.space" } });
        await alice.SetState(old, "m.space.child", new { via = new[] { "localhost" } }, child);
        string replacement = (await alice.Post($"/v3/rooms/{old}/upgrade", new { new_version = "12" })).Ok().Str("replacement_room");
        Assert.Equal("m.space", (await alice.State(replacement, "m.room.create")).Str("type"));
        Assert.Equal("localhost", (await alice.State(replacement, "m.space.child", child)).Str("via", 0));
    }

    [Fact]
    public async Task Additional_creators_are_those_of_the_request_and_have_no_level()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string old = await alice.CreateRoom(new { room_version = "11", preset = "public_chat", power_level_content_override = new { users = new Dictionary<string, int> { [alice.UserId] = 100, ["@bob:elsewhere"] = 60 } } });
        string replacement = (await alice.Post($"/v3/rooms/{old}/upgrade", new { new_version = "12", additional_creators = new[] { bob.UserId, "@bob:elsewhere" } })).Ok().Str("replacement_room");
        Assert.Equal([bob.UserId, "@bob:elsewhere"], (await alice.State(replacement, "m.room.create")).List("additional_creators").Select(u => u.GetString()));
        Assert.Empty((await alice.State(replacement, "m.room.power_levels")).Keys("users"));
        string further = (await alice.Post($"/v3/rooms/{replacement}/upgrade", new { new_version = "11", additional_creators = new[] { bob.UserId } })).Ok().Str("replacement_room");
        Assert.False((await alice.State(further, "m.room.create")).Has("additional_creators"));
        Assert.Equal(150, (await alice.State(further, "m.room.power_levels")).Int("users", bob.UserId));
    }

    [Fact]
    public async Task Whoever_may_not_send_a_tombstone_may_not_upgrade()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        (await bob.Post($"/v3/rooms/{room}/upgrade", new { new_version = "12" })).Fails(403, "M_FORBIDDEN");
        await bob.Join(room);
        (await bob.Post($"/v3/rooms/{room}/upgrade", new { new_version = "12" })).Fails(403, "M_FORBIDDEN");
        (await alice.Post($"/v3/rooms/{room}/upgrade", new { new_version = "no-such-version" })).Fails(400, "M_UNSUPPORTED_ROOM_VERSION");
        (await alice.Post($"/v3/rooms/{room}/upgrade", new { })).Fails(400, "M_MISSING_PARAM");
        (await alice.Post($"/v3/rooms/{room}/upgrade", new { new_version = 12 })).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v3/rooms/{room}/upgrade", new { new_version = "12", additional_creators = new[] { "bob" } })).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v3/rooms/!nowhere:localhost/upgrade", new { new_version = "12" })).FailsOnUnknownRoom();
        Assert.DoesNotContain(await alice.FullState(room), e => e.Str("type") == "m.room.tombstone");
    }
}

/// <inheritdoc/>
public sealed class RoomUpgradeOnSqlite(SqliteServer server) : RoomUpgradeTests(server);

/// <inheritdoc/>
public sealed class RoomUpgradeOnPostgres(PostgresServer server) : RoomUpgradeTests(server);
