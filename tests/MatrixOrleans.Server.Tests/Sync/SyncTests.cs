using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;

namespace MatrixOrleans.Server.Tests.Sync;

[Collection(ReadingCollection.Name)]
public sealed class SyncTests(ReadingFixture fixture)
{
    private readonly RoomServer _server = fixture.Server;

    [Fact]
    public async Task New_timeline_events_of_a_live_client_are_served_without_the_database()
    {
        var (alice, bob) = (Fresh("alice"), Fresh("bob"));
        var room = await _server.Room(alice, "shared", bob);
        const string Lazy = """{"room":{"state":{"lazy_load_members":true},"timeline":{"unread_thread_notifications":true}}}""";
        var since = Next(await Sync(bob, null, filter: Lazy));
        await _server.Say(room, alice, "warm");
        since = Next(await Sync(bob, since, filter: Lazy));

        var waiting = Sync(bob, since, waitMs: 5000, filter: Lazy);
        var sent = await _server.Say(room, alice, $"hello {bob}");
        var answer = await waiting;
        var second = await _server.Say(room, alice, "and again");
        JsonElement next = default;
        await _server.WithoutReads(async () => next = await Sync(bob, Next(answer), waitMs: 5000, filter: Lazy));

        Assert.Equal(sent.Value, Timeline(answer, room).Single().GetProperty("event_id").GetString());
        Assert.Equal(second.Value, Timeline(next, room).Single().GetProperty("event_id").GetString());
        var counts = Room(next, room).GetProperty("unread_notifications");
        Assert.Equal(3, counts.GetProperty("notification_count").GetInt32());
        Assert.Equal(0, next.GetProperty("device_one_time_keys_count").GetProperty("signed_curve25519").GetInt32());
    }

    [Fact]
    public async Task An_event_comes_with_what_relates_to_it_from_memory_and_from_the_database()
    {
        var (alice, bob) = (Fresh("alice"), Fresh("bob"));
        var room = await _server.Room(alice, "shared", bob);
        var since = Next(await Sync(bob, null));
        var target = await _server.Say(room, alice, "target");
        var reference = await _server.Say(room, alice, "related", new { rel_type = "m.reference", event_id = target.Value });

        foreach (var answer in new[] { await Sync(bob, since), await Sync(bob, null) })
        {
            var shown = Timeline(answer, room).Single(e => e.GetProperty("event_id").GetString() == target.Value);
            var related = shown.GetProperty("unsigned").GetProperty("m.relations").GetProperty("m.reference").GetProperty("chunk");
            Assert.Equal(reference.Value, Assert.Single(related.EnumerateArray()).GetProperty("event_id").GetString());
        }
    }

    [Fact]
    public async Task A_sender_that_speaks_for_the_first_time_comes_with_the_member_event_and_never_again()
    {
        var (alice, bob, carol) = (Fresh("alice"), Fresh("bob"), Fresh("carol"));
        var room = await _server.Room(alice, "shared", bob, carol);
        for (var i = 0; i < 12; i++)
        {
            await _server.Say(room, alice, $"filler {i}");
        }

        const string Lazy = """{"room":{"state":{"lazy_load_members":true}}}""";
        var first = await Sync(bob, null, filter: Lazy);
        Assert.DoesNotContain(carol.Value, Members(first));
        Assert.Contains(alice.Value, Members(first));
        Assert.Contains(bob.Value, Members(first));

        await _server.Say(room, carol, "my first words");
        var second = await Sync(bob, Next(first), filter: Lazy);
        Assert.Equal([carol.Value], Members(second));

        await _server.Say(room, carol, "more words");
        var third = await Sync(bob, Next(second), filter: Lazy);
        Assert.Empty(Members(third));

        // The second answer was lost: its token was never presented, so the member is told again.
        var again = await Sync(bob, Next(first), filter: Lazy);
        Assert.Equal([carol.Value], Members(again));

        List<string> Members(JsonElement answer) =>
            [.. Room(answer, room).GetProperty("state").GetProperty("events").EnumerateArray()
                .Where(e => e.GetProperty("type").GetString() == EventTypes.Member).Select(e => e.GetProperty("state_key").GetString()!)];
    }

    [Fact]
    public async Task A_limited_timeline_tells_the_state_that_changed_before_it()
    {
        var (alice, bob) = (Fresh("alice"), Fresh("bob"));
        var room = await _server.Room(alice, "shared", bob);
        var since = Next(await Sync(bob, null));
        await _server.Set(room, alice, "m.room.topic", new { topic = "one" });
        var topic = await _server.Set(room, alice, "m.room.topic", new { topic = "two" });
        for (var i = 0; i < 15; i++)
        {
            await _server.Say(room, alice, $"m{i}");
        }

        var answer = await Sync(bob, since);
        Assert.True(Room(answer, room).GetProperty("timeline").GetProperty("limited").GetBoolean());
        Assert.Equal(10, Timeline(answer, room).Count);
        var state = Room(answer, room).GetProperty("state").GetProperty("events").EnumerateArray().Single();
        Assert.Equal(topic.Value, state.GetProperty("event_id").GetString());
    }

    [Fact]
    public async Task State_after_holds_changes_that_the_timeline_shows_too()
    {
        var (alice, bob) = (Fresh("alice"), Fresh("bob"));
        var room = await _server.Room(alice, "shared", bob);
        var since = Next(await Sync(bob, null));
        var topic = await _server.Set(room, alice, "m.room.topic", new { topic = "one" });
        var answer = await Sync(bob, since, stateAfter: true);
        Assert.Equal(topic.Value, Room(answer, room).GetProperty("state_after").GetProperty("events").EnumerateArray().Single().GetProperty("event_id").GetString());
        Assert.False(Room(answer, room).TryGetProperty("state", out _));
    }

    [Fact]
    public async Task Answers_are_the_same_from_the_tail_and_from_storage()
    {
        var (alice, bob) = (Fresh("alice"), Fresh("bob"));
        var room = await _server.Room(alice, "shared", bob);
        var since = Next(await Sync(bob, null));
        await _server.Set(room, alice, "m.room.topic", new { topic = "one" });
        var first = await _server.Say(room, alice, "first");
        await _server.Redact(room, alice, first);
        await _server.Say(room, bob, "own", device: "DEVICE", txn: "t1");
        var fromTail = Events(await Sync(bob, since));
        await _server.Restart();
        var fromStorage = Events(await Sync(bob, since));
        Assert.Equal(fromTail, fromStorage);
        Assert.Contains(fromTail, e => e.Contains("redacted_because", StringComparison.Ordinal));
        Assert.Contains(fromTail, e => e.Contains("\"transaction_id\":\"t1\"", StringComparison.Ordinal));

        List<string> Events(JsonElement answer) => [.. Timeline(answer, room).Select(e => System.Text.RegularExpressions.Regex.Replace(e.GetRawText(), "\"age\":-?[0-9]+", "\"age\":0"))];
    }

    [Fact]
    public async Task Somebody_who_joins_again_gets_the_whole_state()
    {
        var (alice, bob) = (Fresh("alice"), Fresh("bob"));
        var room = await _server.Room(alice, "shared", bob);
        var since = Next(await Sync(bob, null));
        await _server.Member(room, MembershipAction.Leave, bob);
        var left = await Sync(bob, since);
        Assert.True(left.GetProperty("rooms").GetProperty("leave").TryGetProperty(room.Value, out var section));
        Assert.Contains(section.GetProperty("timeline").GetProperty("events").EnumerateArray(), e => e.GetProperty("content").TryGetProperty("membership", out var m) && m.ValueEquals("leave"));
        await _server.Say(room, alice, "while away");
        Assert.False((await Sync(bob, Next(left))).TryGetProperty("rooms", out _));
        await _server.Member(room, MembershipAction.Join, bob);
        var back = await Sync(bob, Next(left));
        var types = Room(back, room).GetProperty("state").GetProperty("events").EnumerateArray().Concat(Timeline(back, room)).Select(e => e.GetProperty("type").GetString());
        Assert.Contains(EventTypes.Create, types);
        Assert.Contains(EventTypes.PowerLevels, types);
    }

    [Fact]
    public async Task Events_from_before_the_join_are_not_shown_where_only_members_may_see_them()
    {
        var (alice, bob) = (Fresh("alice"), Fresh("bob"));
        var room = await _server.Room(alice, "joined");
        var secret = await _server.Say(room, alice, "secret");
        await _server.Member(room, MembershipAction.Join, bob);
        var answer = await Sync(bob, null);
        Assert.DoesNotContain(Timeline(answer, room), e => e.GetProperty("event_id").GetString() == secret.Value);
        Assert.Contains(Timeline(answer, room), e => e.TryGetProperty("state_key", out var key) && key.ValueEquals(bob.Value));
    }

    [Fact]
    public async Task A_rejected_invite_appears_once_in_leave()
    {
        var (alice, bob) = (Fresh("alice"), Fresh("bob"));
        var room = await _server.Room(alice);
        var since = Next(await Sync(bob, null));
        await _server.Member(room, MembershipAction.Invite, alice, bob);
        var invited = await Sync(bob, since);
        var state = invited.GetProperty("rooms").GetProperty("invite").GetProperty(room.Value).GetProperty("invite_state").GetProperty("events");
        Assert.Contains(state.EnumerateArray(), e => e.GetProperty("type").GetString() == EventTypes.Create);
        Assert.Contains(state.EnumerateArray(), e => e.GetProperty("state_key").GetString() == bob.Value);
        await _server.Member(room, MembershipAction.Leave, bob);
        var left = await Sync(bob, Next(invited));
        Assert.True(left.GetProperty("rooms").GetProperty("leave").TryGetProperty(room.Value, out _));
        Assert.False((await Sync(bob, Next(left))).TryGetProperty("rooms", out _));
    }

    [Fact]
    public async Task A_receipt_clears_the_counts_up_to_its_event_and_in_its_thread_only()
    {
        var (alice, bob) = (Fresh("alice"), Fresh("bob"));
        var room = await _server.Room(alice, "shared", bob);
        const string Threads = """{"room":{"timeline":{"unread_thread_notifications":true}}}""";
        var since = Next(await Sync(bob, null, filter: Threads));
        var root = await _server.Say(room, alice, "root");
        await _server.Say(room, alice, "in thread", new { rel_type = "m.thread", event_id = root.Value });
        var last = await _server.Say(room, alice, "in main");
        var answer = await Sync(bob, since, filter: Threads);
        Assert.Equal(2, Room(answer, room).GetProperty("unread_notifications").GetProperty("notification_count").GetInt32());
        Assert.Equal(1, Room(answer, room).GetProperty("unread_thread_notifications").GetProperty(root.Value).GetProperty("notification_count").GetInt32());

        var unread = Next(answer);
        await _server.Of(bob).SetReceipts(room, [new ReceiptRequest("m.read.private", last, "main")]);
        answer = await Sync(bob, Next(answer), filter: Threads);
        Assert.Equal(0, Room(answer, room).GetProperty("unread_notifications").GetProperty("notification_count").GetInt32());
        Assert.Equal(1, Room(answer, room).GetProperty("unread_thread_notifications").GetProperty(root.Value).GetProperty("notification_count").GetInt32());

        await _server.Restart();
        var late = await Sync(bob, unread, filter: Threads);
        Assert.Equal(0, Room(late, room).GetProperty("unread_notifications").GetProperty("notification_count").GetInt32());
        var whole = await Sync(bob, null, filter: Threads);
        Assert.Equal(0, Room(whole, room).GetProperty("unread_notifications").GetProperty("notification_count").GetInt32());
        Assert.Equal(1, Room(whole, room).GetProperty("unread_thread_notifications").GetProperty(root.Value).GetProperty("notification_count").GetInt32());
    }

    [Fact]
    public async Task A_newer_wait_of_a_device_ends_the_older()
    {
        var bob = Fresh("bob");
        var since = Next(await Sync(bob, null));
        var older = Sync(bob, since, waitMs: 9000);
        await Task.Yield();
        var started = TimeProvider.System.GetTimestamp();
        var newer = Sync(bob, since, waitMs: 200);
        await older;
        await newer;
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
    }

    private static UserId Fresh(string name) => RoomServer.User(name + Guid.NewGuid().ToString("N"));

    private async Task<JsonElement> Sync(UserId user, string? since, int waitMs = 0, string? filter = null, bool stateAfter = false)
    {
        var answer = await _server.Grains.GetGrain<IUserSyncGrain>(user.Value).Sync(
            new SyncRequest { DeviceId = "DEVICE", Since = since, WaitMs = waitMs, Filter = filter, UseStateAfter = stateAfter }, TestContext.Current.CancellationToken);
        return RoomServer.Json(answer.Body);
    }

    private static string Next(JsonElement answer) => answer.GetProperty("next_batch").GetString()!;

    private static JsonElement Room(JsonElement answer, RoomId room) => answer.GetProperty("rooms").GetProperty("join").GetProperty(room.Value);

    private static List<JsonElement> Timeline(JsonElement answer, RoomId room) => [.. Room(answer, room).GetProperty("timeline").GetProperty("events").EnumerateArray()];
}
