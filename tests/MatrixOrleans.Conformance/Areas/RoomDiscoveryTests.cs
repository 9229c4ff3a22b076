using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>What is told of rooms to those who are not in them, and events by their date.</summary>
public abstract class RoomDiscoveryTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task The_nearest_event_to_a_time_is_found_in_both_directions()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string first = await alice.Say(room, "first");
        long ts = (await alice.Event(room, first)).Int("origin_server_ts");
        while (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() <= ts + 1)
        {
            await Task.Delay(1);
        }
        string second = await alice.Say(room, "second");
        long later = (await alice.Event(room, second)).Int("origin_server_ts");
        Assert.Equal(first, (await alice.Get($"/v1/rooms/{room}/timestamp_to_event?ts={later - 1}&dir=b")).Ok().Str("event_id"));
        JsonElement found = (await alice.Get($"/v1/rooms/{room}/timestamp_to_event?ts={ts + 1}&dir=f")).Ok();
        Assert.Equal(second, found.Str("event_id"));
        Assert.Equal(later, found.Int("origin_server_ts"));
        (await alice.Get($"/v1/rooms/{room}/timestamp_to_event?ts={later + 1}&dir=f")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v1/rooms/{room}/timestamp_to_event?ts=1&dir=b")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v1/rooms/{room}/timestamp_to_event?ts=soon&dir=b")).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/v1/rooms/{room}/timestamp_to_event?ts=1")).Fails(400, "M_MISSING_PARAM");
        (await (await User()).Get($"/v1/rooms/{room}/timestamp_to_event?ts=1&dir=f")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_time_finds_only_what_the_user_may_see()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { preset = "public_chat", initial_state = new[] { new { type = "m.room.history_visibility", state_key = "", content = new { history_visibility = "joined" } } } });
        long ts = (await alice.Event(room, await alice.Say(room, "before"))).Int("origin_server_ts");
        for (int i = 0; i < 30; i++)
        {
            await alice.Say(room, "before");
        }
        await bob.Join(room);
        JsonElement found = (await bob.Get($"/v1/rooms/{room}/timestamp_to_event?ts={ts}&dir=f")).Ok();
        Assert.Equal("m.room.member", (await bob.Event(room, found.Str("event_id"))).Str("type"));
    }

    [Fact]
    public async Task A_summary_tells_what_a_room_is_to_those_who_may_come_in()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string name = $"summary-{Guid.NewGuid():N}";
        string room = await alice.CreateRoom(new { preset = "public_chat", name = "Cheese", room_alias_name = name, room_version = "11" });
        await alice.SetState(room, "m.room.encryption", new { algorithm = "m.megolm.v1.aes-sha2" });
        JsonElement summary = (await bob.Get($"/v1/room_summary/{"#" + name + ":localhost"}")).Ok();
        Assert.Equal(room, summary.Str("room_id"));
        Assert.Equal("Cheese", summary.Str("name"));
        Assert.Equal("11", summary.Str("room_version"));
        Assert.Equal("m.megolm.v1.aes-sha2", summary.Str("encryption"));
        Assert.Equal("leave", summary.Str("membership"));
        Assert.Equal("join", (await alice.Get($"/v1/room_summary/{room}")).Ok().Str("membership"));
        Assert.False((await Scope.Anonymous().Get($"/v1/room_summary/{room}")).Ok().Has("membership"));
        Assert.Equal("11", (await bob.Get($"/_matrix/client/unstable/im.nheko.summary/rooms/{room}/summary")).Ok().Str("im.nheko.summary.room_version"));
        Assert.Equal(room, (await bob.Get($"/_matrix/client/unstable/im.nheko.summary/summary/{room}")).Ok().Str("room_id"));

        string closed = await alice.CreateRoom();
        (await bob.Get($"/v1/room_summary/{closed}")).Fails(404, "M_NOT_FOUND");
        (await Scope.Anonymous().Get($"/v1/room_summary/{closed}")).Fails(404, "M_NOT_FOUND");
        await alice.Invite(closed, bob);
        Assert.Equal("invite", (await bob.Get($"/v1/room_summary/{closed}")).Ok().Str("membership"));
        (await bob.Get($"/v1/room_summary/{"#nowhere:localhost"}")).Fails(404, "M_NOT_FOUND");
        (await bob.Get($"/v1/room_summary/nonsense")).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task A_redacted_name_is_told_nowhere()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { preset = "public_chat" });
        await alice.Redact(room, await alice.SetState(room, "m.room.name", new { name = "Secret" }));
        Assert.False((await alice.Get($"/v1/room_summary/{room}")).Ok().Has("name"));
    }

    [Fact]
    public async Task A_restricted_room_is_told_of_to_members_of_the_rooms_it_names()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string club = await alice.CreatePublicRoom();
        string room = await alice.CreateRoom(new { initial_state = new[] { new { type = "m.room.join_rules", state_key = "", content = new { join_rule = "restricted", allow = new[] { new { type = "m.room_membership", room_id = club } } } } } });
        (await bob.Get($"/v1/room_summary/{room}")).Fails(404, "M_NOT_FOUND");
        await bob.Join(club);
        Assert.Equal(club, (await bob.Get($"/v1/room_summary/{room}")).Ok().Str("allowed_room_ids", 0));
    }

    [Fact]
    public async Task A_space_is_walked_depth_first_in_order_and_page_by_page()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string space = await Space(alice);
        string inner = await Space(alice);
        string room = await alice.CreateRoom(new { preset = "public_chat", name = "Room" });
        string deep = await alice.CreateRoom(new { preset = "public_chat", name = "Deep" });
        string closed = await alice.CreateRoom(new { name = "Closed" });
        await Child(alice, space, room, null, false);
        await Child(alice, space, inner, "a", true);
        await Child(alice, space, closed, "b", true);
        await Child(alice, inner, deep, null, true);
        await Child(alice, inner, space, null, true);
        await alice.SetState(space, "m.space.child", new { }, "!removed:localhost");

        JsonElement[] all = (await bob.Get($"/v1/rooms/{space}/hierarchy")).Ok().List("rooms");
        Assert.Equal([space, inner, deep, room], all.Select(r => r.Str("room_id")));
        Assert.Equal([inner, closed, room], all[0].List("children_state").Select(c => c.Str("state_key")));
        Assert.Equal("m.space", all[0].Str("room_type"));
        Assert.Empty(all[2].List("children_state"));
        Assert.Equal([space, inner, deep, closed, room], (await alice.Get($"/v1/rooms/{space}/hierarchy")).Ok().List("rooms").Select(r => r.Str("room_id")));
        Assert.Equal([space, inner, room], (await bob.Get($"/v1/rooms/{space}/hierarchy?max_depth=1")).Ok().List("rooms").Select(r => r.Str("room_id")));
        Assert.Equal([space], (await bob.Get($"/v1/rooms/{space}/hierarchy?max_depth=0")).Ok().List("rooms").Select(r => r.Str("room_id")));
        JsonElement[] suggested = (await bob.Get($"/v1/rooms/{space}/hierarchy?suggested_only=true")).Ok().List("rooms");
        Assert.Equal([space, inner, deep], suggested.Select(r => r.Str("room_id")));
        Assert.Equal([inner, closed], suggested[0].List("children_state").Select(c => c.Str("state_key")));

        List<string> paged = [];
        string? from = null;
        do
        {
            JsonElement page = (await (from is null ? bob.Get($"/v1/rooms/{space}/hierarchy?limit=3") : bob.Get($"/v1/rooms/{space}/hierarchy?limit=3&from={from}"))).Ok();
            paged.AddRange(page.List("rooms").Select(r => r.Str("room_id")));
            from = page.Has("next_batch") ? page.Str("next_batch") : null;
            if (from is not null)
            {
                (await bob.Get($"/v1/rooms/{space}/hierarchy?limit=3&max_depth=7&from={from}")).Fails(400, "M_INVALID_PARAM");
                (await bob.Get($"/v1/rooms/{space}/hierarchy?limit=3&suggested_only=true&from={from}")).Fails(400, "M_INVALID_PARAM");
            }
        }
        while (from is not null && paged.Count < 10);
        Assert.Equal([space, inner, deep, room], paged);
        (await bob.Get($"/v1/rooms/{space}/hierarchy?from=nonsense")).Fails(400, "M_INVALID_PARAM");
        (await bob.Get($"/v1/rooms/{space}/hierarchy?limit=0")).Fails(400, "M_INVALID_PARAM");
        (await bob.Get($"/v1/rooms/{closed}/hierarchy")).Fails(403, "M_FORBIDDEN");
        (await bob.Get($"/v1/rooms/!nowhere:localhost/hierarchy")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Mutual_rooms_are_those_that_both_have_joined()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string shared = await alice.CreatePublicRoom();
        await alice.CreatePublicRoom();
        await alice.Invite(await alice.CreateRoom(), bob);
        await bob.Join(shared);
        JsonElement mutual = (await alice.Get($"/v1/mutual_rooms?user_id={bob.UserId}")).Ok();
        Assert.Equal([shared], mutual.List("joined").Select(r => r.GetString()));
        Assert.Equal(1, mutual.Int("count"));
        Assert.Equal([shared], (await bob.Get($"/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms?user_id={alice.UserId}")).Ok().List("joined").Select(r => r.GetString()));
        Assert.Empty((await alice.Get($"/v1/mutual_rooms?user_id=@nobody:localhost")).Ok().List("joined"));
        (await alice.Get($"/v1/mutual_rooms?user_id={alice.UserId}")).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/v1/mutual_rooms?user_id=bob")).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/v1/mutual_rooms")).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/v1/mutual_rooms?user_id={bob.UserId}&from=nonsense")).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task Events_rooms_and_users_can_be_reported()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        string said = await alice.Say(room, "rude");
        (await bob.Post($"/v3/rooms/{room}/report/{said}", new { reason = "rude" })).Fails(404, "M_NOT_FOUND");
        await bob.Join(room);
        (await bob.Post($"/v3/rooms/{room}/report/{said}", new { reason = "rude" })).Ok();
        (await bob.Post($"/v3/rooms/{room}/report/{said}", new { score = -100 })).Ok();
        (await bob.Post($"/v3/rooms/{room}/report/{"$nothing"}", new { reason = "rude" })).Fails(404, "M_NOT_FOUND");
        (await bob.Post($"/v3/rooms/{room}/report/{said}", new { reason = 7 })).Fails(400, "M_BAD_JSON");
        (await bob.Post($"/v3/rooms/{room}/report", new { reason = "" })).Ok();
        (await bob.Post($"/_matrix/client/unstable/org.matrix.msc4151/rooms/{room}/report", new { reason = "bad" })).Ok();
        (await bob.Post($"/v3/rooms/{room}/report", new { })).Fails(400, "M_MISSING_PARAM");
        (await bob.Post($"/v3/rooms/!nowhere:localhost/report", new { reason = "" })).Fails(404, "M_NOT_FOUND");
        (await bob.Post($"/v3/users/{alice.UserId}/report", new { reason = "bad" })).Ok();
        (await bob.Post($"/_matrix/client/unstable/org.matrix.msc4260/users/{alice.UserId}/report", new { reason = "bad" })).Ok();
        (await bob.Post($"/v3/users/nobody/report", new { reason = "bad" })).Fails(400, "M_INVALID_PARAM");
    }

    private static Task<string> Space(TestClient client) => client.CreateRoom(new { preset = "public_chat", creation_content = new { type = "m.space" } });

    private static Task<string> Child(TestClient client, string space, string child, string? order, bool suggested) =>
        client.SetState(space, "m.space.child", order is null ? (object)new { via = new[] { "localhost" }, suggested } : new { via = new[] { "localhost" }, order, suggested }, child);
}

/// <inheritdoc/>
public sealed class RoomDiscoveryOnSqlite(SqliteServer server) : RoomDiscoveryTests(server);

/// <inheritdoc/>
public sealed class RoomDiscoveryOnPostgres(PostgresServer server) : RoomDiscoveryTests(server);
