using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>The extensions of sliding sync.</summary>
public abstract class SlidingExtensionTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task Messages_to_the_device_come_again_until_their_token_is_presented_on_whatever_connection()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        for (int i = 0; i < 3; i++)
        {
            await SendToDevice(bob, alice, i);
        }
        JsonElement first = await alice.Slide(SlidingCalls.Only("to_device", new { enabled = true, limit = 2 }));
        Assert.Equal([0, 1], Bodies(first));
        JsonElement again = await alice.Slide(SlidingCalls.Only("to_device", new { enabled = true, limit = 2 }, connection: "other"));
        Assert.Equal([0, 1], Bodies(again));
        string since = again.Str("extensions", "to_device", "next_batch");
        JsonElement rest = await alice.Slide(SlidingCalls.Only("to_device", new { enabled = true, since }), first.Str("pos"), timeoutMs: 5000);
        Assert.Equal([2], Bodies(rest));
        JsonElement anew = await alice.Slide(SlidingCalls.Only("to_device"));
        Assert.Equal([2], Bodies(anew));

        since = rest.Str("extensions", "to_device", "next_batch");
        Task<JsonElement> waiting = await SyncCalls.SurelyWaiting(() => alice.Slide(SlidingCalls.Only("to_device", new { enabled = true, since }), anew.Str("pos"), timeoutMs: 20_000));
        await SendToDevice(bob, alice, 3);
        JsonElement woken = await waiting;
        Assert.Equal([3], Bodies(woken));

        static long[] Bodies(JsonElement answer) => [.. answer.List("extensions", "to_device", "events").Select(e => e.Int("content", "n"))];
    }

    [Fact]
    public async Task Encryption_tells_key_counts_always_and_device_lists_as_they_change()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        JsonElement first = await alice.Slide(SlidingCalls.Only("e2ee"));
        Assert.Equal(0, first.Int("extensions", "e2ee", "device_one_time_keys_count", "signed_curve25519"));
        Assert.Empty(first.List("extensions", "e2ee", "device_unused_fallback_key_types"));
        Assert.False(first.Has("extensions", "e2ee", "device_lists"));
        (await bob.Put($"/v3/devices/{bob.DeviceId}", new { display_name = "New" })).Ok();
        JsonElement changed = await alice.SlideUntil(SlidingCalls.Only("e2ee"), first.Str("pos"), a => a.Has("extensions", "e2ee", "device_lists"));
        Assert.Equal([bob.UserId], changed.List("extensions", "e2ee", "device_lists", "changed").Select(u => u.GetString()));
        await bob.Leave(room);
        JsonElement left = await alice.SlideUntil(SlidingCalls.Only("e2ee"), changed.Str("pos"), a => a.Has("extensions", "e2ee", "device_lists"));
        Assert.Equal([bob.UserId], left.List("extensions", "e2ee", "device_lists", "left").Select(u => u.GetString()));
    }

    [Fact]
    public async Task Account_data_is_told_whole_at_first_and_then_as_it_changes()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string other = await alice.CreateRoom();
        await Set(alice, "test.global", 1);
        await SetRoom(alice, room, "test.room", 1);
        Dictionary<string, object> body = SlidingCalls.List(to: 0, extensions: new { account_data = new { enabled = true } }, subscriptions: new Dictionary<string, object> { [room] = new { timeline_limit = 0 } });
        JsonElement first = await alice.Slide(body);
        Assert.Equal(["m.push_rules", "test.global"], first.List("extensions", "account_data", "global").Select(e => e.Str("type")).Order());
        Assert.Equal("test.room", Assert.Single(first.List("extensions", "account_data", "rooms", room)).Str("type"));
        JsonElement nothing = await alice.Slide(body, first.Str("pos"));
        Assert.False(nothing.Has("extensions", "account_data"));

        await Set(alice, "test.global", 2);
        await SetRoom(alice, room, "test.room", 2);
        JsonElement second = await alice.Slide(body, nothing.Str("pos"), timeoutMs: 5000);
        Assert.Equal(2, Assert.Single(second.List("extensions", "account_data", "global")).Int("content", "n"));
        JsonElement third = second.Has("extensions", "account_data", "rooms", room) ? second : await alice.Slide(body, second.Str("pos"), timeoutMs: 5000);
        Assert.Equal(2, Assert.Single(third.List("extensions", "account_data", "rooms", room)).Int("content", "n"));

        // Out of sight the data changes, and is told when the room comes back.
        Dictionary<string, object> without = SlidingCalls.List(to: 0, extensions: new { account_data = new { enabled = true } });
        await alice.Say(other, "on top");
        JsonElement away = await alice.Slide(without, third.Str("pos"));
        await SetRoom(alice, room, "test.room", 3);
        away = await alice.Slide(without, away.Str("pos"));
        Assert.False(away.Has("extensions", "account_data", "rooms", room));
        JsonElement back = await alice.Slide(body, away.Str("pos"));
        Assert.Equal(3, Assert.Single(back.List("extensions", "account_data", "rooms", room)).Int("content", "n"));
    }

    [Fact]
    public async Task Receipts_are_told_for_shown_events_at_first_and_then_as_they_move()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string one = await alice.Say(room, "one");
        await Read(bob, room, one, "m.read");
        await Read(bob, room, one, "m.read.private");
        Dictionary<string, object> body = SlidingCalls.List(timeline: 1, extensions: new { receipts = new { enabled = true } });
        JsonElement first = await alice.Slide(body);
        JsonElement receipt = first.At("extensions", "receipts", "rooms", room);
        Assert.Equal("m.receipt", receipt.Str("type"));
        Assert.Equal([bob.UserId], receipt.Keys("content", one, "m.read"));
        Assert.False(receipt.Has("content", one, "m.read.private"));
        Assert.False((await alice.Slide(body, first.Str("pos"))).Has("extensions", "receipts"));
        string pos = (await alice.Slide(body)).Str("pos");
        string two = await alice.Say(room, "two");
        await Read(bob, room, two, "m.read");
        JsonElement moved = await alice.SlideUntil(body, pos, a => a.Has("extensions", "receipts"));
        Assert.Equal([bob.UserId], moved.Keys("extensions", "receipts", "rooms", room, "content", two, "m.read"));
        await alice.Say(room, "three");
        JsonElement elsewhere = await alice.Slide(SlidingCalls.List(timeline: 1, extensions: new { receipts = new { enabled = true, lists = (string[])["other"] } }, connection: "c"));
        Assert.False(elsewhere.Has("extensions", "receipts"));
    }

    [Fact]
    public async Task Typing_is_told_as_it_starts_and_ends()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        Dictionary<string, object> body = SlidingCalls.List(extensions: new { typing = new { enabled = true } });
        JsonElement first = await alice.Slide(body);
        Assert.False(first.Has("extensions", "typing"));
        (await bob.Put($"/v3/rooms/{room}/typing/{bob.UserId}", new { typing = true, timeout = 20000 })).Ok();
        JsonElement typing = await alice.SlideUntil(body, first.Str("pos"), a => a.Has("extensions", "typing"));
        Assert.Equal("m.typing", typing.Str("extensions", "typing", "rooms", room, "type"));
        Assert.Equal([bob.UserId], typing.List("extensions", "typing", "rooms", room, "content", "user_ids").Select(u => u.GetString()));
        JsonElement newcomer = await alice.Slide(SlidingCalls.List(extensions: new { typing = new { enabled = true } }, connection: "new"));
        Assert.True(newcomer.Has("extensions", "typing", "rooms", room));
        (await bob.Put($"/v3/rooms/{room}/typing/{bob.UserId}", new { typing = false })).Ok();
        JsonElement over = await alice.SlideUntil(body, typing.Str("pos"), a => a.Has("extensions", "typing"));
        Assert.Empty(over.List("extensions", "typing", "rooms", room, "content", "user_ids"));
    }

    private static async Task SendToDevice(TestClient from, TestClient to, int n) => (await from.Put(
        $"/v3/sendToDevice/m.test/{from.NewTxnId()}",
        new { messages = new Dictionary<string, object> { [to.UserId] = new Dictionary<string, object> { [to.DeviceId] = new { n } } } })).Ok();

    private static async Task Set(TestClient client, string type, int n) => (await client.Put($"/v3/user/{client.UserId}/account_data/{type}", new { n })).Ok();

    private static async Task SetRoom(TestClient client, string room, string type, int n) =>
        (await client.Put($"/v3/user/{client.UserId}/rooms/{room}/account_data/{type}", new { n })).Ok();

    private static async Task Read(TestClient client, string room, string eventId, string type) => (await client.Post($"/v3/rooms/{room}/receipt/{type}/{eventId}")).Ok();
}

/// <inheritdoc/>
public sealed class SlidingExtensionsOnSqlite(SqliteServer server) : SlidingExtensionTests(server);

/// <inheritdoc/>
public sealed class SlidingExtensionsOnPostgres(PostgresServer server) : SlidingExtensionTests(server);
