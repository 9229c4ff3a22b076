using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Sending message-like events, and reading one event.</summary>
public abstract class SendingTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_sent_event_is_read_back_as_it_was_sent()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string content = """{"msgtype":"m.text","body":"héllo 🎉 \u2028 \"quoted\"","org.example.deep":{"a":[1,2,{"b":null}],"big":9007199254740991,"neg":-5},"":"empty name"}""";
        string id = (await alice.Put($"/v3/rooms/{room}/send/m.room.message/{alice.NewTxnId()}", content)).Ok().Str("event_id");
        JsonElement read = await alice.Event(room, id);
        read.At("content").IsJson(content);
        Assert.Equal("m.room.message", read.Str("type"));
        Assert.Equal(alice.UserId, read.Str("sender"));
        Assert.Equal(room, read.Str("room_id"));
        Assert.InRange(read.Int("origin_server_ts"), DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds());
        Assert.False(read.Has("state_key"));
        Assert.False(read.Has("hashes"));
        Assert.False(read.Has("signatures"));
        Assert.False(read.Has("auth_events"));
    }

    [Fact]
    public async Task The_same_transaction_id_gives_the_same_event_and_sends_once()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string first = (await alice.Put($"/v3/rooms/{room}/send/m.room.message/same", new { msgtype = "m.text", body = "one" })).Ok().Str("event_id");
        string second = (await alice.Put($"/v3/rooms/{room}/send/m.room.message/same", new { msgtype = "m.text", body = "one" })).Ok().Str("event_id");
        Assert.Equal(first, second);
        Assert.Single(await alice.WalkMessages(room), e => e.Str("type") == "m.room.message");
    }

    [Fact]
    public async Task Concurrent_repeats_of_a_transaction_send_once()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => alice.Put($"/v3/rooms/{room}/send/m.room.message/same", new { msgtype = "m.text", body = "one" })));
        Assert.Single(answers.Select(a => a.Ok().Str("event_id")).Distinct());
        Assert.Single(await alice.WalkMessages(room), e => e.Str("type") == "m.room.message");
    }

    [Fact]
    public async Task A_transaction_id_is_the_devices_own()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        string room = await phone.CreateRoom();
        string first = (await phone.Put($"/v3/rooms/{room}/send/m.room.message/same", new { msgtype = "m.text", body = "one" })).Ok().Str("event_id");
        string second = (await laptop.Put($"/v3/rooms/{room}/send/m.room.message/same", new { msgtype = "m.text", body = "two" })).Ok().Str("event_id");
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task A_transaction_id_belongs_to_its_path()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string other = await alice.CreateRoom();
        string[] ids =
        [
            (await alice.Put($"/v3/rooms/{room}/send/m.room.message/same", new { msgtype = "m.text", body = "one" })).Ok().Str("event_id"),
            (await alice.Put($"/v3/rooms/{other}/send/m.room.message/same", new { msgtype = "m.text", body = "one" })).Ok().Str("event_id"),
            (await alice.Put($"/v3/rooms/{room}/send/org.example.other/same", new { a = 1 })).Ok().Str("event_id"),
        ];
        Assert.Equal(3, ids.Distinct().Count());
    }

    [Fact]
    public async Task The_transaction_id_is_told_to_the_sending_device_only()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        string room = await phone.CreateRoom();
        string id = (await phone.Put($"/v3/rooms/{room}/send/m.room.message/mine", new { msgtype = "m.text", body = "one" })).Ok().Str("event_id");
        JsonElement own = (await phone.Sync()).Timeline(room).Single(e => e.Str("event_id") == id);
        JsonElement others = (await laptop.Sync()).Timeline(room).Single(e => e.Str("event_id") == id);
        Assert.Equal("mine", own.Str("unsigned", "transaction_id"));
        Assert.False(others.Has("unsigned", "transaction_id"));
        Assert.Equal("mine", (await phone.Event(room, id)).Str("unsigned", "transaction_id"));
        Assert.False((await laptop.Event(room, id)).Has("unsigned", "transaction_id"));
    }

    [Fact]
    public async Task Only_members_send()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { invite = new[] { bob.UserId } });
        (await bob.Put($"/v3/rooms/{room}/send/m.room.message/1", new { msgtype = "m.text", body = "x" })).Fails(403, "M_FORBIDDEN");
        (await bob.Put($"/v3/rooms/{"!nothing:localhost"}/send/m.room.message/1", new { msgtype = "m.text", body = "x" })).FailsOnUnknownRoom();
        await alice.Leave(room);
        (await alice.Put($"/v3/rooms/{room}/send/m.room.message/1", new { msgtype = "m.text", body = "x" })).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Power_levels_for_event_types_are_held()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { preset = "public_chat", power_level_content_override = new { events = new Dictionary<string, int> { ["org.example.rare"] = 50 } } });
        await bob.Join(room);
        (await bob.Put($"/v3/rooms/{room}/send/org.example.rare/1", new { a = 1 })).Fails(403, "M_FORBIDDEN");
        await alice.SendEvent(room, "org.example.rare", new { a = 1 });
        await bob.SendEvent(room, "org.example.common", new { a = 1 });
    }

    [Fact]
    public async Task An_event_type_and_a_transaction_id_may_hold_any_characters()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string id = (await alice.Put($"/v3/rooms/{room}/send/{"org.example/with slash & ünïcode"}/{"txn/1 %2F"}", new { a = 1 })).Ok().Str("event_id");
        Assert.Equal("org.example/with slash & ünïcode", (await alice.Event(room, id)).Str("type"));
    }

    [Fact]
    public async Task A_duplicate_annotation_is_refused()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string message = await alice.Say(room, "like me");
        object reaction = new Dictionary<string, object> { ["m.relates_to"] = new { rel_type = "m.annotation", event_id = message, key = "👍" } };
        await alice.SendEvent(room, "m.reaction", reaction);
        (await alice.Put($"/v3/rooms/{room}/send/m.reaction/{alice.NewTxnId()}", reaction)).Fails(400, "M_DUPLICATE_ANNOTATION");
        await bob.SendEvent(room, "m.reaction", reaction);
        await alice.SendEvent(room, "m.reaction", new Dictionary<string, object> { ["m.relates_to"] = new { rel_type = "m.annotation", event_id = message, key = "🎉" } });
    }

    [Fact]
    public async Task An_event_over_65536_bytes_is_M_TOO_LARGE_and_one_below_is_taken()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        (await alice.Put($"/v3/rooms/{room}/send/m.room.message/1", new { msgtype = "m.text", body = new string('x', 66_000) })).Fails(413, "M_TOO_LARGE");
        await alice.SendEvent(room, "m.room.message", new { msgtype = "m.text", body = new string('x', 60_000) });
        Assert.Single(await alice.WalkMessages(room), e => e.Str("type") == "m.room.message");
    }

    [Fact]
    public async Task An_event_type_over_255_bytes_is_refused()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        Answer answer = await alice.Put($"/v3/rooms/{room}/send/{new string('t', 256)}/1", new { a = 1 });
        Assert.True(answer.Status is 400 or 413 && answer.Errcode is "M_TOO_LARGE" or "M_INVALID_PARAM" or "M_BAD_JSON", answer.Text);
    }

    [Fact]
    public async Task An_event_of_another_room_or_nowhere_is_404()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string other = await alice.CreateRoom();
        string id = await alice.Say(other, "elsewhere");
        (await alice.Get($"/v3/rooms/{room}/event/{id}")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/rooms/{room}/event/{"$00000000000000000000000000000000000000000AA"}")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task An_event_that_may_not_be_seen_is_404()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new
        {
            preset = "public_chat",
            initial_state = new object[] { new { type = "m.room.history_visibility", state_key = "", content = new { history_visibility = "joined" } } },
        });
        string secret = await alice.Say(room, "before bob");
        Answer outside = await bob.Get($"/v3/rooms/{room}/event/{secret}");
        Assert.True(outside.Status is 403 or 404, outside.Text);
        await bob.Join(room);
        (await bob.Get($"/v3/rooms/{room}/event/{secret}")).Fails(404, "M_NOT_FOUND");
    }
}

/// <inheritdoc/>
public sealed class SendingOnSqlite(SqliteServer server) : SendingTests(server);

/// <inheritdoc/>
public sealed class SendingOnPostgres(PostgresServer server) : SendingTests(server);
