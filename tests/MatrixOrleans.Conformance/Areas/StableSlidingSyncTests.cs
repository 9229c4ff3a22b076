using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary><c>POST /v4/sync</c>: sliding sync in the shape that was accepted (MSC4186).</summary>
public abstract class StableSlidingSyncTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_room_is_told_in_the_stable_shape()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { name = "One", topic = "T" });
        string message = await alice.Say(room, "hello");
        JsonElement first = await Sync(alice, null, new { include = (object[])[new { }], exclude = (object[])[new { type = "m.room.topic" }], lazy_members = true });
        Assert.Equal(1, first.Int("lists", "all", "count"));
        JsonElement section = first.At("rooms", room);
        Assert.Equal([message], section.List("timeline_events").Ids());
        Assert.Equal("join", section.Str("membership"));
        Assert.Equal("all", Assert.Single(section.List("lists")).GetString());
        Assert.Equal(alice.UserId, section.List("required_state").OfType("m.room.member").Str("state_key"));
        Assert.Contains(section.List("required_state"), e => e.Str("type") == "m.room.create");
        Assert.DoesNotContain(section.List("required_state"), e => e.Str("type") == "m.room.topic");
        Assert.False(section.Has("timeline"));

        await alice.SetState(room, "m.room.name", new { name = "" });
        JsonElement renamed = await Sync(alice, first.Str("pos"), new { });
        Assert.Equal(JsonValueKind.Null, renamed.At("rooms", room, "name").ValueKind);
        JsonElement longer = await Sync(alice, renamed.Str("pos"), new { }, timeline: 5);
        Assert.True(longer.Bool("rooms", room, "expanded_timeline"));
        Assert.Empty((await Sync(alice, longer.Str("pos"), new { }, timeline: 5, timeoutMs: 300)).Keys("rooms"));
    }

    [Fact]
    public async Task A_pos_is_a_place_to_read_pages_from()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string before = await alice.Say(room, "before");
        string pos = (await Sync(alice, null, new { })).Str("pos");
        string after = await alice.Say(room, "after");
        JsonElement page = (await alice.Get($"/v3/rooms/{room}/messages?dir=f&from={pos}")).Ok();
        Assert.Equal([after], page.List("chunk").Ids());
        page = (await alice.Get($"/v3/rooms/{room}/messages?dir=b&limit=1&from={pos}")).Ok();
        Assert.Equal([before], page.List("chunk").Ids());
    }

    [Fact]
    public async Task An_invite_has_stripped_state_and_passes_the_filter_for_invites()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { name = "Party" });
        await alice.Invite(room, bob);
        JsonElement answer = await Sync(bob, null, new { }, filters: new { is_invited = true });
        Assert.Equal("invite", answer.Str("rooms", room, "membership"));
        Assert.Contains(answer.List("rooms", room, "stripped_state"), e => e.Str("type") == "m.room.name");
        Assert.Equal(0, (await Sync(bob, null, new { }, filters: new { is_invited = false })).Int("lists", "all", "count"));
    }

    [Fact]
    public async Task What_is_wrong_is_refused()
    {
        TestClient alice = await User();
        (await alice.Post($"/v4/sync", new { pos = "nonsense" })).Fails(400, "M_UNKNOWN_POS");
        (await alice.Post($"/v4/sync", new { timeout = -1 })).Fails(400, "M_INVALID_PARAM");
        (await alice.Post($"/v4/sync", new { timeout = "long" })).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v4/sync", new { set_presence = "asleep" })).Fails(400, "M_INVALID_PARAM");
        (await alice.Post($"/v4/sync", new { lists = new { a = new { timeline_limit = 1, required_state = (object[])[] } } })).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v4/sync", new { lists = new { a = new { timeline_limit = 1, range = (int[])[3, 1] } } })).Fails(400, "M_INVALID_PARAM");
    }

    private static async Task<JsonElement> Sync(TestClient client, string? pos, object state, int timeline = 1, object? filters = null, int timeoutMs = 0)
    {
        Dictionary<string, object> list = new() { ["range"] = (int[])[0, 99], ["timeline_limit"] = timeline, ["required_state"] = state };
        if (filters is not null)
        {
            list["filters"] = filters;
        }
        Dictionary<string, object> body = new() { ["lists"] = new { all = list }, ["timeout"] = timeoutMs };
        if (pos is not null)
        {
            body["pos"] = pos;
        }
        return (await client.Post($"/v4/sync", body)).Ok();
    }
}

/// <inheritdoc/>
public sealed class StableSlidingSyncOnSqlite(SqliteServer server) : StableSlidingSyncTests(server);

/// <inheritdoc/>
public sealed class StableSlidingSyncOnPostgres(PostgresServer server) : StableSlidingSyncTests(server);
