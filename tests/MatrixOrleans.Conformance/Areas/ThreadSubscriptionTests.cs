using System.Runtime.CompilerServices;
using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Thread subscriptions (MSC4306), their push rules, and how clients hear of them (MSC4308).</summary>
public abstract class ThreadSubscriptionTests(SharedServer server) : ConformanceTest(server)
{
    private const string Extension = "io.element.msc4308.thread_subscriptions";

    [Fact]
    public async Task A_user_subscribes_and_unsubscribes()
    {
        (TestClient alice, _, string room, string root, _) = await Thread();
        (await alice.Get(Path(room, root))).Fails(404, "M_NOT_FOUND");
        (await alice.Put(Path(room, root))).Ok();
        Assert.False((await alice.Get(Path(room, root))).Ok().Bool("automatic"));
        (await alice.Delete(Path(room, root))).Ok();
        (await alice.Get(Path(room, root))).Fails(404, "M_NOT_FOUND");
        (await alice.Delete(Path(room, root))).Ok();
    }

    [Fact]
    public async Task An_automatic_subscription_needs_an_event_in_the_thread_that_came_after_an_unsubscription()
    {
        (TestClient alice, TestClient bob, string room, string root, string reply) = await Thread();
        string outside = await alice.Say(room, "not in the thread");
        (await alice.Put(Path(room, root), new { automatic = outside })).Fails(400, "IO.ELEMENT.MSC4306.M_NOT_IN_THREAD");
        (await alice.Put(Path(room, root), new { automatic = reply })).Ok();
        Assert.True((await alice.Get(Path(room, root))).Ok().Bool("automatic"));
        (await alice.Put(Path(room, root))).Ok();
        Assert.False((await alice.Get(Path(room, root))).Ok().Bool("automatic"));
        (await alice.Put(Path(room, root), new { automatic = reply })).Ok();
        Assert.False((await alice.Get(Path(room, root))).Ok().Bool("automatic"));

        (await alice.Delete(Path(room, root))).Ok();
        (await alice.Put(Path(room, root), new { automatic = reply })).Fails(409, "IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION");
        string later = await Reply(bob, room, root, "you again");
        (await alice.Put(Path(room, root), new { automatic = later })).Ok();
        Assert.True((await alice.Get(Path(room, root))).Ok().Bool("automatic"));
    }

    [Fact]
    public async Task What_a_user_may_not_see_is_not_there()
    {
        (TestClient alice, _, string room, string root, _) = await Thread();
        TestClient carol = await User();
        (await carol.Put(Path(room, root))).Fails(404, "M_NOT_FOUND");
        (await carol.Get(Path(room, root))).Fails(404, "M_NOT_FOUND");
        (await carol.Delete(Path(room, root))).Fails(404, "M_NOT_FOUND");
        (await alice.Put(Path(room, "$unknown"))).Fails(404, "M_NOT_FOUND");
        (await alice.Put(Path(room, root), new { automatic = true })).Fails(400, "M_BAD_JSON");
        (await alice.Put(Path(room, root), new { automatic = "nonsense" })).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task Changes_are_told_by_sliding_sync_and_older_ones_can_be_fetched()
    {
        (TestClient alice, _, string room, string first, _) = await Thread();
        string second = await alice.Say(room, "second root");
        string third = await alice.Say(room, "third root");
        Dictionary<string, object> body = SlidingCalls.Only(Extension, new { enabled = true, limit = 2 });
        string start = (await alice.Slide(body)).Str("pos");
        Task<JsonElement> waiting = await SyncCalls.SurelyWaiting(() => alice.Slide(body, start, timeoutMs: 20_000));
        (await alice.Put(Path(room, first))).Ok();
        JsonElement woken = await waiting;
        Assert.Equal([first], woken.Keys("extensions", Extension, "subscribed", room));
        Assert.False(woken.Bool("extensions", Extension, "subscribed", room, first, "automatic"));
        Assert.False(woken.Has("extensions", Extension, "prev_batch"));

        string pos = woken.Str("pos");
        (await alice.Put(Path(room, second))).Ok();
        (await alice.Put(Path(room, third))).Ok();
        (await alice.Delete(Path(room, first))).Ok();
        JsonElement many = await alice.Slide(body, pos);
        Assert.Equal([third], many.Keys("extensions", Extension, "subscribed", room));
        Assert.Equal([first], many.Keys("extensions", Extension, "unsubscribed", room));
        string from = many.Str("extensions", Extension, "prev_batch");
        JsonElement rest = (await alice.Get($"/_matrix/client/unstable/io.element.msc4308/thread_subscriptions?dir=b&from={from}&to={pos}&limit=10")).Ok();
        Assert.Equal([second], rest.Keys("subscribed", room));
        Assert.False(rest.Has("end"));
        Assert.False((await alice.Slide(body, many.Str("pos"))).Has("extensions", Extension));

        JsonElement page = (await alice.Get($"/_matrix/client/unstable/io.element.msc4308/thread_subscriptions?limit=1")).Ok();
        Assert.Equal([third], page.Keys("subscribed", room));
        page = (await alice.Get($"/_matrix/client/unstable/io.element.msc4308/thread_subscriptions?limit=1&from={page.Str("end")}")).Ok();
        Assert.Equal([second], page.Keys("subscribed", room));
        Assert.False(page.Has("end"));
        (await alice.Get($"/_matrix/client/unstable/io.element.msc4308/thread_subscriptions?from=nonsense")).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/_matrix/client/unstable/io.element.msc4308/thread_subscriptions?dir=f")).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task Followed_threads_notify_even_in_a_muted_room_and_others_do_not()
    {
        const string filter = """{"room":{"timeline":{"unread_thread_notifications":true}}}""";
        (TestClient alice, TestClient bob, string room, string root, _) = await Thread();
        string other = await bob.Say(room, "another root");
        (await alice.Put(Path(room, root))).Ok();
        string token = await alice.SyncToken();
        await Reply(bob, room, root, "one");
        await Reply(bob, room, other, "nobody follows");
        JsonElement sync = await alice.SyncUntil(token, s => s.Joined(room).ValueKind == JsonValueKind.Object, filter);
        Assert.Equal([root], sync.Joined(room).Keys("unread_thread_notifications"));

        (await alice.Put($"/v3/pushrules/global/room/{room}", new { actions = (object[])[] })).Ok();
        string last = await Reply(bob, room, root, "two");
        sync = await alice.SyncUntilEvent(sync.Str("next_batch"), room, last);
        sync = await alice.Sync(token, filter);
        long followed = sync.Joined(room).Int("unread_thread_notifications", root, "notification_count");
        Assert.True(followed >= 2, $"{followed}");

        (await alice.Delete(Path(room, root))).Ok();
        string unheard = await Reply(bob, room, root, "three");
        await alice.SyncUntilEvent(sync.Str("next_batch"), room, unheard);
        sync = await alice.Sync(token, filter);
        Assert.Equal(followed, sync.Joined(room).Int("unread_thread_notifications", root, "notification_count"));
    }

    [Fact]
    public async Task The_rules_can_be_read_and_switched_but_not_added()
    {
        TestClient alice = await User();
        JsonElement rules = (await alice.Get($"/v3/pushrules/")).Ok();
        Assert.Equal(
            [".io.element.msc4306.rule.unsubscribed_thread", ".io.element.msc4306.rule.subscribed_thread"],
            rules.List("global", "postcontent").Select(r => r.Str("rule_id")));
        (await alice.Put($"/v3/pushrules/global/postcontent/.io.element.msc4306.rule.subscribed_thread/enabled", new { enabled = false })).Ok();
        Assert.False((await alice.Get($"/v3/pushrules/global/postcontent/.io.element.msc4306.rule.subscribed_thread")).Ok().Bool("enabled"));
        (await alice.Put($"/v3/pushrules/global/postcontent/mine", new { actions = (object[])[] })).Fails(400, "M_INVALID_PARAM");
    }

    private static FormattableString Path(string room, string root) =>
        FormattableStringFactory.Create("/_matrix/client/unstable/io.element.msc4306/rooms/{0}/thread/{1}/subscription", room, root);

    private static Task<string> Reply(TestClient client, string room, string root, string text) => client.SendEvent(
        room, "m.room.message", new Dictionary<string, object> { ["msgtype"] = "m.text", ["body"] = text, ["m.relates_to"] = new { rel_type = "m.thread", event_id = root } });

    private async Task<(TestClient Alice, TestClient Bob, string Room, string Root, string Reply)> Thread()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string root = await alice.Say(room, "root");
        return (alice, bob, room, root, await Reply(bob, room, root, "reply"));
    }
}

/// <inheritdoc/>
public sealed class ThreadSubscriptionsOnSqlite(SqliteServer server) : ThreadSubscriptionTests(server);

/// <inheritdoc/>
public sealed class ThreadSubscriptionsOnPostgres(PostgresServer server) : ThreadSubscriptionTests(server);
