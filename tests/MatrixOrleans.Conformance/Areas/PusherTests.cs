using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Pushers: how they are set, what their gateways hear, and when they end.</summary>
public abstract class PusherTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_pusher_is_set_changed_listed_and_removed()
    {
        await using FakePushGateway gateway = new();
        TestClient alice = await User();
        Assert.Empty((await alice.Get($"/v3/pushers")).Ok().List("pushers"));
        Dictionary<string, object?> pusher = gateway.Pusher("key " + alice.UserId, "event_id_only");
        pusher["profile_tag"] = "tag";
        (await alice.Post($"/v3/pushers/set", pusher)).Ok();
        pusher["app_display_name"] = "Other";
        pusher["org.matrix.msc3881.enabled"] = false;
        (await alice.Post($"/v3/pushers/set", pusher)).Ok();
        JsonElement stored = Assert.Single((await alice.Get($"/v3/pushers")).Ok().List("pushers"));
        Assert.Equal("http", stored.Str("kind"));
        Assert.Equal("Other", stored.Str("app_display_name"));
        Assert.Equal("Phone", stored.Str("device_display_name"));
        Assert.Equal("tag", stored.Str("profile_tag"));
        Assert.Equal("event_id_only", stored.Str("data", "format"));
        Assert.Equal("test", stored.Str("data", "brand"));
        Assert.False(stored.Bool("org.matrix.msc3881.enabled"));
        Assert.Equal(alice.DeviceId, stored.Str("org.matrix.msc3881.device_id"));
        (await alice.Post($"/v3/pushers/set", new { kind = (string?)null, app_id = "org.example.app", pushkey = "key " + alice.UserId })).Ok();
        (await alice.Post($"/v3/pushers/set", new { kind = (string?)null, app_id = "org.example.app", pushkey = "key " + alice.UserId })).Ok();
        Assert.Empty((await alice.Get($"/v3/pushers")).Ok().List("pushers"));
    }

    [Fact]
    public async Task What_is_no_pusher_is_refused()
    {
        await using FakePushGateway gateway = new();
        TestClient alice = await User();
        foreach (string member in new[] { "kind", "app_id", "pushkey", "app_display_name", "device_display_name", "lang", "data" })
        {
            Dictionary<string, object?> lacking = gateway.Pusher("key");
            lacking.Remove(member);
            (await alice.Post($"/v3/pushers/set", lacking)).Fails(400, "M_MISSING_PARAM");
        }

        await Refused("app_id", new string('a', 65));
        await Refused("pushkey", new string('k', 513));
        await Refused("pushkey", new string('é', 300));
        await Refused("kind", "carrier-pigeon");
        await Refused("data", new { url = "https://push.example.org/elsewhere" });
        await Refused("data", new { url = "ftp://push.example.org/_matrix/push/v1/notify" });
        await Refused("data", new { url = "nonsense" });
        await Refused("data", new { }, "M_MISSING_PARAM");
        await Refused("data", "text", "M_BAD_JSON");
        await Refused("lang", 5, "M_BAD_JSON");
        await Refused("append", "yes", "M_BAD_JSON");
        Assert.Empty((await alice.Get($"/v3/pushers")).Ok().List("pushers"));
        (await alice.Another().Get($"/v3/pushers")).Fails(401, "M_MISSING_TOKEN");
        (await alice.Get($"/v3/notifications?from=nonsense")).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/v3/notifications?limit=-1")).Fails(400, "M_INVALID_PARAM");

        async Task Refused(string member, object? value, string errcode = "M_INVALID_PARAM")
        {
            Dictionary<string, object?> pusher = gateway.Pusher("key");
            pusher[member] = value;
            (await alice.Post($"/v3/pushers/set", pusher)).Fails(400, errcode);
        }
    }

    [Fact]
    public async Task A_pushkey_belongs_to_one_user_unless_it_is_appended()
    {
        await using FakePushGateway gateway = new();
        TestClient alice = await User();
        TestClient bob = await User();
        string key = "shared " + alice.UserId;
        (await alice.Post($"/v3/pushers/set", gateway.Pusher(key))).Ok();
        Dictionary<string, object?> appended = gateway.Pusher(key);
        appended["append"] = true;
        (await bob.Post($"/v3/pushers/set", appended)).Ok();
        Assert.Single((await alice.Get($"/v3/pushers")).Ok().List("pushers"));
        Assert.Single((await bob.Get($"/v3/pushers")).Ok().List("pushers"));
        (await bob.Post($"/v3/pushers/set", gateway.Pusher(key))).Ok();
        Assert.Empty((await alice.Get($"/v3/pushers")).Ok().List("pushers"));
        Assert.Single((await bob.Get($"/v3/pushers")).Ok().List("pushers"));
    }

    [Fact]
    public async Task A_gateway_is_told_of_an_event_with_all_that_belongs_to_it()
    {
        await using FakePushGateway gateway = new();
        TestClient alice = await User("alice");
        TestClient bob = await User("bob");
        (await bob.Put($"/v3/profile/{bob.UserId}/displayname", new { displayname = "Bob" })).Ok();
        string room = await alice.CreateRoom(new { preset = "public_chat", name = "Mission Control" });
        await bob.Join(room);
        string key = await alice.Push(gateway);
        string id = await bob.SendEvent(room, "m.room.message", new Dictionary<string, object>
        {
            ["msgtype"] = "m.text",
            ["body"] = "hello",
            ["m.mentions"] = new { user_ids = new[] { alice.UserId } },
        });
        JsonElement told = await gateway.NextEvent();
        Assert.Equal(id, told.Str("event_id"));
        Assert.Equal(id, told.Str("id"));
        Assert.Equal(room, told.Str("room_id"));
        Assert.Equal("m.room.message", told.Str("type"));
        Assert.Equal(bob.UserId, told.Str("sender"));
        Assert.Equal("Bob", told.Str("sender_display_name"));
        Assert.Equal("Mission Control", told.Str("room_name"));
        Assert.Equal("hello", told.Str("content", "body"));
        Assert.Equal("high", told.Str("prio"));
        Assert.Equal(1, told.Int("counts", "unread"));
        JsonElement device = Assert.Single(told.List("devices"));
        Assert.Equal(key, device.Str("pushkey"));
        Assert.Equal("org.example.app", device.Str("app_id"));
        Assert.True(device.Int("pushkey_ts") > 1_700_000_000);
        device.At("data").IsJson("""{"brand":"test"}""");
        device.At("tweaks").IsJson("""{"highlight":true,"sound":"default"}""");
    }

    [Fact]
    public async Task Only_the_event_id_is_told_where_that_is_wanted()
    {
        await using FakePushGateway gateway = new();
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        await alice.Push(gateway, "event_id_only");
        string id = await bob.Say(room, "secret");
        JsonElement told = await gateway.NextEvent();
        Assert.Equal(id, told.Str("event_id"));
        Assert.Equal(room, told.Str("room_id"));
        Assert.Equal(["counts", "devices", "event_id", "prio", "room_id"], told.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("event_id_only", told.Str("devices", 0, "data", "format"));
    }

    [Fact]
    public async Task Counts_grow_and_fall_when_something_is_read()
    {
        await using FakePushGateway gateway = new();
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        await alice.Push(gateway);
        await bob.Say(room, "one");
        Assert.Equal(1, (await gateway.NextEvent()).Int("counts", "unread"));
        string second = await bob.Say(room, "two");
        Assert.Equal(2, (await gateway.NextEvent()).Int("counts", "unread"));
        (await alice.Post($"/v3/rooms/{room}/receipt/m.read.private/{second}")).Ok();
        JsonElement read = await gateway.NextCount(0);
        Assert.False(read.List("devices")[0].Has("tweaks"));
        await bob.Say(room, "three");
        Assert.Equal(1, (await gateway.NextEvent()).Int("counts", "unread"));
        await alice.Say(room, "an answer");
        await gateway.NextCount(0);
    }

    [Fact]
    public async Task Events_of_a_thread_count_until_the_thread_is_read()
    {
        await using FakePushGateway gateway = new();
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string root = await alice.Say(room, "root");
        await alice.Push(gateway);
        string reply = await bob.SendEvent(room, "m.room.message", new Dictionary<string, object>
        {
            ["msgtype"] = "m.text",
            ["body"] = "in the thread",
            ["m.relates_to"] = new { rel_type = "m.thread", event_id = root },
        });
        Assert.Equal(1, (await gateway.NextEvent()).Int("counts", "unread"));
        string main = await bob.Say(room, "in the main timeline");
        Assert.Equal(2, (await gateway.NextEvent()).Int("counts", "unread"));
        (await alice.Post($"/v3/rooms/{room}/receipt/m.read/{main}", new { thread_id = "main" })).Ok();
        await gateway.NextCount(1);
        (await alice.Post($"/v3/rooms/{room}/receipt/m.read.private/{reply}", new { thread_id = root })).Ok();
        await gateway.NextCount(0);
    }

    [Fact]
    public async Task What_the_rules_do_not_notify_of_is_not_told()
    {
        await using FakePushGateway gateway = new();
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        TestClient carol = await User("carol");
        await carol.Join(room);
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/m.ignored_user_list", new { ignored_users = new Dictionary<string, object> { [carol.UserId] = new { } } })).Ok();
        (await alice.Put($"/v3/pushrules/global/content/loud", """{"pattern":"cake","actions":["notify",{"set_tweak":"sound","value":"bell"},{"set_tweak":"org.example.colour","value":"red"}]}""")).Ok();
        await alice.Push(gateway);
        await bob.SendEvent(room, "m.room.message", new { msgtype = "m.notice", body = "a notice" });
        await bob.SendEvent(room, "org.example.custom", new { });
        await carol.Say(room, "from somebody who is ignored");
        await alice.Say(room, "from herself");
        string id = await bob.Say(room, "there is cake");
        JsonElement told = await gateway.NextEvent();
        Assert.Equal(id, told.Str("event_id"));
        told.At("devices", 0, "tweaks").IsJson("""{"org.example.colour":"red","sound":"bell"}""");

        // A rule of the room silences it, but for what more important rules say.
        (await alice.Put($"/v3/pushrules/global/room/{room}", """{"actions":[]}""")).Ok();
        await bob.Say(room, "quiet");
        string heard = await bob.Say(room, "more cake");
        Assert.Equal(heard, (await gateway.NextEvent()).Str("event_id"));
    }

    [Fact]
    public async Task An_invite_is_told_to_who_is_invited()
    {
        await using FakePushGateway gateway = new();
        TestClient alice = await User("alice");
        TestClient bob = await User("bob");
        await alice.Push(gateway);
        string room = await bob.CreateRoom(new { name = "Party" });
        await bob.Invite(room, alice);
        JsonElement told = await gateway.NextEvent();
        Assert.Equal("m.room.member", told.Str("type"));
        Assert.True(told.Bool("user_is_target"));
        Assert.Equal("invite", told.Str("content", "membership"));
        Assert.Equal("Party", told.Str("room_name"));
    }

    [Fact]
    public async Task Who_joins_and_leaves_is_told_of_what_happens_in_between()
    {
        await using FakePushGateway gateway = new();
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        TestClient carol = await User("carol");
        await carol.Push(gateway);
        await bob.Say(room, "before");
        await carol.Join(room);
        string during = await bob.Say(room, "during");
        Assert.Equal(during, (await gateway.NextEvent()).Str("event_id"));
        await carol.Leave(room);
        await bob.Say(room, "after");
        await carol.Join(room);
        string again = await alice.Say(room, "again");
        Assert.Equal(again, (await gateway.NextEvent()).Str("event_id"));
    }

    [Fact]
    public async Task A_pusher_that_its_gateway_rejects_ends()
    {
        await using FakePushGateway gateway = new();
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string key = await alice.Push(gateway);
        gateway.Answer = _ => (200, JsonSerializer.Serialize(new { rejected = new[] { "other", key } }));
        await bob.Say(room, "hello");
        await gateway.NextEvent();
        for (int i = 0; (await alice.Get($"/v3/pushers")).Ok().List("pushers").Length > 0; i++)
        {
            Assert.True(i < 200, "The pusher is still there");
            await Task.Delay(25);
        }
    }

    [Fact]
    public async Task A_gateway_that_fails_is_tried_again_and_hears_everything_in_order()
    {
        await using FakePushGateway gateway = new();
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        await alice.Push(gateway);
        int failures = 2;
        gateway.Answer = _ => Interlocked.Decrement(ref failures) >= 0 ? (502, "down") : (200, "{}");
        string one = await bob.Say(room, "one");
        string two = await bob.Say(room, "two");
        Assert.Equal(one, (await gateway.NextEvent()).Str("event_id"));
        Assert.Equal(two, (await gateway.NextEvent()).Str("event_id"));
    }

    [Fact]
    public async Task A_pusher_ends_with_its_device_and_is_silent_while_it_is_switched_off()
    {
        await using FakePushGateway gateway = new();
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        TestClient phone = await alice.SecondDevice();
        await phone.Push(gateway);
        string key = await alice.Push(gateway);
        Assert.Equal(2, (await alice.Get($"/v3/pushers")).Ok().List("pushers").Length);
        (await phone.Post($"/v3/logout")).Ok();
        Assert.Equal(key, Assert.Single((await alice.Get($"/v3/pushers")).Ok().List("pushers")).Str("pushkey"));
        Dictionary<string, object?> off = gateway.Pusher(key);
        off["org.matrix.msc3881.enabled"] = false;
        (await alice.Post($"/v3/pushers/set", off)).Ok();
        await bob.Say(room, "unheard");
        (await alice.Post($"/v3/pushers/set", gateway.Pusher(key))).Ok();
        string heard = await bob.Say(room, "heard");
        JsonElement told = await gateway.NextEvent();
        if (told.Str("event_id") != heard)
        {
            // The first message may be judged only when the pusher is on again; it is told in order then.
            told = await gateway.NextEvent();
        }

        Assert.Equal(heard, told.Str("event_id"));
        Assert.Equal(key, Assert.Single(told.List("devices")).Str("pushkey"));
    }

    [Fact]
    public async Task Notifications_are_listed_the_newest_first_by_page()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string other = await bob.CreatePublicRoom();
        await bob.Say(other, "before the join");
        await alice.Join(other);
        List<string> expected = [];
        for (int i = 0; i < 30; i++)
        {
            expected.Insert(0, await bob.Say(i % 3 == 0 ? other : room, $"message {i}"));
            await alice.Say(room, "not for herself");
        }

        string loud = await bob.SendEvent(other, "m.room.message", new Dictionary<string, object>
        {
            ["msgtype"] = "m.text",
            ["body"] = "you",
            ["m.mentions"] = new { user_ids = new[] { alice.UserId } },
        });
        expected.Insert(0, loud);
        (await alice.Post($"/v3/rooms/{room}/receipt/m.read/{expected[10]}")).Ok();
        List<JsonElement> all = [];
        string? from = null;
        do
        {
            JsonElement page = (await (from is null ? alice.Get($"/v3/notifications?limit=7") : alice.Get($"/v3/notifications?limit=7&from={from}"))).Ok();
            all.AddRange(page.List("notifications"));
            from = page.Has("next_token") ? page.Str("next_token") : null;
            Assert.True(all.Count <= expected.Count, "More notifications than events");
        }
        while (from is not null);
        Assert.Equal(expected, all.Select(n => n.Str("event", "event_id")));
        foreach (JsonElement notification in all)
        {
            int index = expected.IndexOf(notification.Str("event", "event_id"));
            Assert.Equal(notification.Str("room_id") == room && index >= 10, notification.Bool("read"));
            Assert.Equal("notify", notification.Str("actions", 0));
        }

        JsonElement only = Assert.Single((await alice.Get($"/v3/notifications?only=highlight")).Ok().List("notifications"));
        Assert.Equal(loud, only.Str("event", "event_id"));
    }

    private async Task<(TestClient Alice, TestClient Bob, string Room)> TwoInARoom()
    {
        TestClient alice = await User("alice");
        TestClient bob = await User("bob");
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        return (alice, bob, room);
    }
}

/// <inheritdoc/>
public sealed class PushersOnSqlite(SqliteServer server) : PusherTests(server);

/// <inheritdoc/>
public sealed class PushersOnPostgres(PostgresServer server) : PusherTests(server);
