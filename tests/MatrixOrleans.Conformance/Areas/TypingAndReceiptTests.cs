using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Typing, read receipts (public, private, threaded), the fully-read marker, and the unread counts that follow from them.</summary>
public abstract class TypingAndReceiptTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task Typing_users_are_told_and_told_again_when_they_stop()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string token = await bob.SyncToken();
        (await alice.Put($"/v3/rooms/{room}/typing/{alice.UserId}", new { typing = true, timeout = 30_000 })).Ok();
        JsonElement sync = await bob.SyncUntil(token, s => s.Ephemeral(room).Any(e => e.Str("type") == "m.typing"));
        Assert.Equal([alice.UserId], sync.Ephemeral(room).OfType("m.typing").List("content", "user_ids").Select(u => u.GetString()));
        (await alice.Put($"/v3/rooms/{room}/typing/{alice.UserId}", new { typing = false })).Ok();
        sync = await bob.SyncUntil(sync.Str("next_batch"), s => s.Ephemeral(room).Any(e => e.Str("type") == "m.typing"));
        Assert.Empty(sync.Ephemeral(room).OfType("m.typing").List("content", "user_ids"));
    }

    [Fact]
    public async Task Typing_ends_by_itself()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string token = await bob.SyncToken();
        (await alice.Put($"/v3/rooms/{room}/typing/{alice.UserId}", new { typing = true, timeout = 500 })).Ok();
        JsonElement sync = await bob.SyncUntil(token, s => s.Ephemeral(room).Any(e => e.List("content", "user_ids").Length == 1));
        await bob.SyncUntil(sync.Str("next_batch"), s => s.Ephemeral(room).Any(e => e.Str("type") == "m.typing" && e.List("content", "user_ids").Length == 0));
    }

    [Fact]
    public async Task Typing_is_for_members_and_for_oneself()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        TestClient carol = await User();
        (await carol.Put($"/v3/rooms/{room}/typing/{carol.UserId}", new { typing = true, timeout = 1000 })).Fails(403, "M_FORBIDDEN");
        (await alice.Put($"/v3/rooms/{room}/typing/{bob.UserId}", new { typing = true, timeout = 1000 })).Fails(403, "M_FORBIDDEN");
        (await alice.Put($"/v3/rooms/{room}/typing/{alice.UserId}", new { })).FailsWithOneOf(400, "M_BAD_JSON", "M_MISSING_PARAM");
        (await alice.Put($"/v3/rooms/{room}/typing/{alice.UserId}", new { typing = "yes" })).Fails(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task A_public_receipt_is_told_to_everybody_in_the_room()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string message = await alice.Say(room, "read me");
        string token = await alice.SyncToken();
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{message}")).Ok();
        JsonElement sync = await alice.SyncUntil(token, s => s.Ephemeral(room).Any(e => e.Str("type") == "m.receipt"));
        JsonElement receipt = sync.Ephemeral(room).OfType("m.receipt").At("content", message, "m.read", bob.UserId);
        Assert.InRange(receipt.Int("ts"), DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds());
        Assert.False(receipt.Has("thread_id"));
        (await alice.Sync()).Ephemeral(room).OfType("m.receipt").At("content", message, "m.read", bob.UserId);
    }

    [Fact]
    public async Task A_private_receipt_is_told_to_nobody_else()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string message = await alice.Say(room, "read me");
        string alicesToken = await alice.SyncToken();
        string bobsToken = await bob.SyncToken();
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read.private/{message}")).Ok();
        JsonElement own = await bob.SyncUntil(bobsToken, s => s.Ephemeral(room).Any(e => e.Str("type") == "m.receipt"));
        own.Ephemeral(room).OfType("m.receipt").At("content", message, "m.read.private", bob.UserId);
        string marker = await alice.Say(room, "marker");
        JsonElement others = await alice.SyncUntilEvent(alicesToken, room, marker);
        Assert.DoesNotContain("m.read.private", others.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("m.read.private", (await alice.Sync()).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receipt_never_moves_back()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string first = await alice.Say(room, "1");
        string second = await alice.Say(room, "2");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{second}")).Ok();
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{first}")).Ok();
        JsonElement content = (await alice.Sync()).Ephemeral(room).OfType("m.receipt").At("content");
        Assert.True(content.Has(second, "m.read", bob.UserId));
        Assert.False(content.Has(first, "m.read", bob.UserId));
    }

    [Fact]
    public async Task A_receipt_moves_forward_and_is_in_one_place()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string first = await alice.Say(room, "1");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{first}")).Ok();
        string second = await alice.Say(room, "2");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{second}")).Ok();
        JsonElement content = (await alice.Sync()).Ephemeral(room).OfType("m.receipt").At("content");
        Assert.True(content.Has(second, "m.read", bob.UserId));
        Assert.False(content.Has(first, "m.read", bob.UserId));
    }

    [Fact]
    public async Task A_threaded_receipt_carries_its_thread()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string root = await alice.Say(room, "root");
        string reply = await InThread(alice, room, root, "in the thread");
        string main = await alice.Say(room, "in the main timeline");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{reply}", new { thread_id = root })).Ok();
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{main}", new { thread_id = "main" })).Ok();
        JsonElement content = (await alice.Sync()).Ephemeral(room).OfType("m.receipt").At("content");
        Assert.Equal(root, content.Str(reply, "m.read", bob.UserId, "thread_id"));
        Assert.Equal("main", content.Str(main, "m.read", bob.UserId, "thread_id"));
    }

    [Fact]
    public async Task Wrong_receipts_are_400()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string message = await alice.Say(room, "x");
        string root = await alice.Say(room, "root");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{message}", new { thread_id = "" })).Fails(400, "M_INVALID_PARAM");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{message}", new { thread_id = 7 })).FailsWithOneOf(400, "M_INVALID_PARAM", "M_BAD_JSON");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{message}", new { thread_id = root })).Fails(400, "M_INVALID_PARAM");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.fully_read/{message}", new { thread_id = "main" })).Fails(400, "M_INVALID_PARAM");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.no_such_type/{message}")).FailsWithOneOf(400, "M_INVALID_PARAM", "M_UNRECOGNIZED", "M_UNKNOWN");
        TestClient carol = await User();
        (await carol.Post($"/v3/rooms/{room}/receipt/m.read/{message}")).FailsOnUnknownRoom();
    }

    [Fact]
    public async Task The_fully_read_marker_is_room_account_data()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string message = await alice.Say(room, "x");
        (await bob.Post($"/v3/rooms/{room}/read_markers", new Dictionary<string, string> { ["m.fully_read"] = message, ["m.read"] = message })).Ok();
        JsonElement sync = await bob.Sync();
        Assert.Equal(message, sync.List("rooms", "join", room, "account_data", "events").OfType("m.fully_read").Str("content", "event_id"));
        Assert.True(sync.Ephemeral(room).OfType("m.receipt").Has("content", message, "m.read", bob.UserId));
        Assert.Equal(message, (await bob.Get($"/v3/user/{bob.UserId}/rooms/{room}/account_data/m.fully_read")).Ok().Str("event_id"));
        Assert.DoesNotContain("m.fully_read", (await alice.Sync()).GetRawText(), StringComparison.Ordinal);
        string later = await alice.Say(room, "y");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.fully_read/{later}")).Ok();
        Assert.Equal(later, (await bob.Get($"/v3/user/{bob.UserId}/rooms/{room}/account_data/m.fully_read")).Ok().Str("event_id"));
    }

    [Fact]
    public async Task Messages_count_as_unread_until_they_are_read()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        await bob.Say(room, "bob was here");
        await alice.Say(room, "1");
        string second = await alice.Say(room, "2");
        Assert.Equal(2, (await bob.Sync()).Joined(room).Int("unread_notifications", "notification_count"));
        string token = await bob.SyncToken();
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{second}")).Ok();
        JsonElement read = await bob.SyncUntil(token, s => s.Has("rooms", "join", room));
        Assert.Equal(0, read.Joined(room).Int("unread_notifications", "notification_count"));
        await alice.Say(room, "3");
        JsonElement more = await bob.SyncUntil(read.Str("next_batch"), s => s.Timeline(room).Length > 0);
        Assert.Equal(1, more.Joined(room).Int("unread_notifications", "notification_count"));
    }

    [Fact]
    public async Task A_private_receipt_clears_the_counts_too()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string message = await alice.Say(room, "1");
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read.private/{message}")).Ok();
        Assert.Equal(0, (await bob.Sync()).Joined(room).Int("unread_notifications", "notification_count"));
    }

    [Fact]
    public async Task A_mention_is_a_highlight()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        await alice.SendEvent(room, "m.room.message", new Dictionary<string, object> { ["msgtype"] = "m.text", ["body"] = "hey", ["m.mentions"] = new { user_ids = new[] { bob.UserId } } });
        await alice.Say(room, "nothing special");
        JsonElement counts = (await bob.Sync()).Joined(room).At("unread_notifications");
        Assert.Equal(1, counts.Int("highlight_count"));
        Assert.Equal(2, counts.Int("notification_count"));
        Assert.Equal(0, (await alice.Sync()).Joined(room).Int("unread_notifications", "notification_count"));
    }

    [Fact]
    public async Task Ones_own_event_reads_what_was_before_it()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        await alice.Say(room, "1");
        await bob.Say(room, "an answer");
        Assert.Equal(0, (await bob.Sync()).Joined(room).Int("unread_notifications", "notification_count"));
    }

    [Fact]
    public async Task Thread_counts_are_apart_when_asked_for()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string root = await alice.Say(room, "root");
        await InThread(alice, room, root, "t1");
        string last = await InThread(alice, room, root, "t2");
        string filter = """{"room":{"timeline":{"unread_thread_notifications":true}}}""";
        JsonElement apart = (await bob.Sync(filter: filter)).Joined(room);
        Assert.Equal(1, apart.Int("unread_notifications", "notification_count"));
        Assert.Equal(2, apart.Int("unread_thread_notifications", root, "notification_count"));
        JsonElement together = (await bob.Sync()).Joined(room);
        Assert.Equal(3, together.Int("unread_notifications", "notification_count"));
        Assert.False(together.Has("unread_thread_notifications"));
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{last}", new { thread_id = root })).Ok();
        apart = (await bob.Sync(filter: filter)).Joined(room);
        Assert.Equal(1, apart.Int("unread_notifications", "notification_count"));
        Assert.False(apart.Has("unread_thread_notifications", root) && apart.Int("unread_thread_notifications", root, "notification_count") != 0);
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{last}")).Ok();
        Assert.Equal(0, (await bob.Sync()).Joined(room).Int("unread_notifications", "notification_count"));
    }

    private async Task<(TestClient Alice, TestClient Bob, string Room)> TwoInARoom()
    {
        TestClient alice = await User("alice");
        TestClient bob = await User("bob");
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        // A third member, so that the counts are those of a group and not of a one-to-one chat.
        await (await User("carol")).Join(room);
        return (alice, bob, room);
    }

    private static Task<string> InThread(TestClient sender, string room, string root, string text) => sender.SendEvent(room, "m.room.message", new Dictionary<string, object>
    {
        ["msgtype"] = "m.text",
        ["body"] = text,
        ["m.relates_to"] = new { rel_type = "m.thread", event_id = root },
    });
}

/// <inheritdoc/>
public sealed class TypingAndReceiptsOnSqlite(SqliteServer server) : TypingAndReceiptTests(server);

/// <inheritdoc/>
public sealed class TypingAndReceiptsOnPostgres(PostgresServer server) : TypingAndReceiptTests(server);
