using System.Diagnostics;
using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>/sync: initial and incremental answers, long polling, limited timelines, and what each membership shows.</summary>
public abstract class SyncTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task An_initial_sync_has_every_joined_room_with_state_and_timeline_together_complete()
    {
        TestClient alice = await User();
        string first = await alice.CreateRoom(new { name = "One" });
        string second = await alice.CreateRoom(new { name = "Two" });
        string message = await alice.Say(second, "hello");
        JsonElement sync = await alice.Sync();
        Assert.Equal([.. new[] { first, second }.Order()], [.. sync.Keys("rooms", "join").Order()]);
        Assert.Contains(message, sync.Timeline(second).Ids());
        foreach (string room in (string[])[first, second])
        {
            string[] synced = [.. sync.StateOf(room).Concat(sync.Timeline(room).Where(e => e.Has("state_key"))).Select(e => $"{e.Str("type")}/{e.Str("state_key")}").Distinct().Order()];
            string[] current = [.. (await alice.FullState(room)).Select(e => $"{e.Str("type")}/{e.Str("state_key")}").Order()];
            Assert.Equal(current, synced);
            Assert.Empty(sync.StateOf(room).Ids().Intersect(sync.Timeline(room).Ids()));
        }
    }

    [Fact]
    public async Task An_incremental_sync_has_what_is_new_and_nothing_else()
    {
        TestClient alice = await User();
        string quiet = await alice.CreateRoom();
        string busy = await alice.CreateRoom();
        string token = await alice.SyncToken();
        JsonElement nothing = await alice.Sync(token);
        Assert.Empty(nothing.Keys("rooms", "join"));
        string message = await alice.Say(busy, "new");
        JsonElement sync = await alice.Sync(token);
        Assert.Equal([busy], sync.Keys("rooms", "join"));
        Assert.Equal([message], sync.Timeline(busy).Ids());
        Assert.Empty(sync.StateOf(busy));
        Assert.False(sync.Joined(busy).At("timeline").Has("limited") && sync.Joined(busy).Bool("timeline", "limited"));
        Assert.DoesNotContain(quiet, sync.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_token_gives_the_same_events_again()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string token = await alice.SyncToken();
        string message = await alice.Say(room, "new");
        Assert.Equal([message], (await alice.Sync(token)).Timeline(room).Ids());
        Assert.Equal([message], (await alice.Sync(token)).Timeline(room).Ids());
    }

    [Fact]
    public async Task A_waiting_sync_is_woken_by_an_event()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string token = await bob.SyncToken();
        Task<JsonElement> waiting = await SyncCalls.SurelyWaiting(() => bob.Sync(token, timeoutMs: 20_000));
        Assert.False(waiting.IsCompleted);
        long sent = Stopwatch.GetTimestamp();
        string message = await alice.Say(room, "wake up");
        JsonElement sync = await waiting;
        Assert.True(Stopwatch.GetElapsedTime(sent) < TimeSpan.FromSeconds(5));
        Assert.Equal([message], sync.Timeline(room).Ids());
    }

    [Fact]
    public async Task A_waiting_sync_ends_empty_after_its_timeout()
    {
        TestClient alice = await User();
        await alice.CreateRoom();
        string token = await alice.SyncToken();
        long started = Stopwatch.GetTimestamp();
        JsonElement sync = await alice.Sync(token, timeoutMs: 1000);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 800, 6000);
        Assert.Empty(sync.Keys("rooms", "join"));
    }

    [Fact]
    public async Task A_full_state_sync_gives_all_rooms_with_all_state_at_once()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { name = "N" });
        string token = await alice.SyncToken();
        JsonElement sync = await alice.Sync(token, fullState: true, timeoutMs: 10_000);
        Assert.Equal((await alice.FullState(room)).Ids().Order(), sync.StateOf(room).Ids().Order());
        Assert.Empty(sync.Timeline(room));
    }

    [Fact]
    public async Task A_timeline_longer_than_the_limit_is_limited_and_its_gap_can_be_filled()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string token = await alice.SyncToken();
        List<string> sent = [];
        for (int i = 0; i < 10; i++)
        {
            sent.Add(await alice.Say(room, $"m{i}"));
        }
        JsonElement sync = await alice.Sync(token, """{"room":{"timeline":{"limit":3}}}""");
        Assert.True(sync.Joined(room).Bool("timeline", "limited"));
        Assert.Equal(sent.TakeLast(3), sync.Timeline(room).Ids());
        JsonElement gap = (await alice.Get($"/v3/rooms/{room}/messages?dir=b&limit=100&from={sync.Joined(room).Str("timeline", "prev_batch")}&to={token}")).Ok();
        Assert.Equal(sent.Take(7).Reverse(), gap.List("chunk").Ids());
    }

    [Fact]
    public async Task State_that_changed_in_the_gap_of_a_limited_timeline_is_in_state()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { name = "Old" });
        string token = await alice.SyncToken();
        string name = await alice.SetState(room, "m.room.name", new { name = "New" });
        for (int i = 0; i < 5; i++)
        {
            await alice.Say(room, $"m{i}");
        }
        JsonElement sync = await alice.Sync(token, """{"room":{"timeline":{"limit":2}}}""");
        Assert.Equal([name], sync.StateOf(room).Ids());
    }

    [Fact]
    public async Task State_after_is_the_state_at_the_end_of_the_timeline()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { name = "Old" });
        JsonElement initial = await alice.Sync(stateAfter: true);
        Assert.False(initial.Joined(room).Has("state"));
        Assert.Equal((await alice.FullState(room)).Ids().Order(), initial.List("rooms", "join", room, "state_after", "events").Ids().Order());
        string name = await alice.SetState(room, "m.room.name", new { name = "New" });
        await alice.Say(room, "x");
        JsonElement sync = await alice.Sync(initial.Str("next_batch"), stateAfter: true);
        Assert.Equal([name], sync.List("rooms", "join", room, "state_after", "events").Ids());
        Assert.Equal(2, sync.Timeline(room).Length);
        Assert.False(sync.Joined(room).Has("state"));
        await alice.Say(room, "y");
        sync = await alice.Sync(sync.Str("next_batch"), stateAfter: true);
        Assert.True(sync.Joined(room).Has("state_after"));
        Assert.Empty(sync.List("rooms", "join", room, "state_after", "events"));
    }

    [Fact]
    public async Task A_newly_joined_room_comes_with_its_full_state()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { preset = "public_chat", name = "Joined later" });
        string token = await bob.SyncToken();
        await bob.Join(room);
        JsonElement sync = await bob.SyncUntil(token, s => s.Has("rooms", "join", room));
        string[] keys = [.. sync.StateOf(room).Concat(sync.Timeline(room).Where(e => e.Has("state_key"))).Select(e => e.Str("type")).Distinct()];
        Assert.Contains("m.room.create", keys);
        Assert.Contains("m.room.name", keys);
        Assert.Equal("join", sync.Timeline(room).OfType("m.room.member", bob.UserId).Str("content", "membership"));
    }

    [Fact]
    public async Task An_invite_comes_with_stripped_state_and_disappears_when_it_is_taken()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string token = await bob.SyncToken();
        string room = await alice.CreateRoom(new { name = "Come in", invite = new[] { bob.UserId } });
        JsonElement sync = await bob.SyncUntil(token, s => s.Has("rooms", "invite", room));
        JsonElement[] stripped = sync.List("rooms", "invite", room, "invite_state", "events");
        Assert.Equal("Come in", stripped.OfType("m.room.name").Str("content", "name"));
        Assert.Equal("invite", stripped.OfType("m.room.member", bob.UserId).Str("content", "membership"));
        stripped.OfType("m.room.create");
        stripped.OfType("m.room.join_rules");
        Assert.True((await bob.Sync()).Has("rooms", "invite", room));
        await bob.Join(room);
        JsonElement joined = await bob.SyncUntil(sync.Str("next_batch"), s => s.Has("rooms", "join", room));
        Assert.False(joined.Has("rooms", "invite", room));
    }

    [Fact]
    public async Task A_left_room_comes_once_in_leave_and_ends_there()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string token = await bob.SyncToken();
        await alice.Say(room, "goodbye");
        await bob.Leave(room);
        string unseen = await alice.Say(room, "he is gone");
        JsonElement sync = await bob.SyncUntil(token, s => s.Has("rooms", "leave", room));
        JsonElement[] timeline = sync.List("rooms", "leave", room, "timeline", "events");
        Assert.Equal("leave", timeline[^1].Str("content", "membership"));
        Assert.DoesNotContain(unseen, timeline.Ids());
        Assert.False(sync.Has("rooms", "join", room));
        Assert.False((await bob.Sync(sync.Str("next_batch"))).Has("rooms", "leave", room));
        Assert.False((await bob.Sync()).Has("rooms", "leave", room));
        JsonElement all = await bob.Sync(filter: """{"room":{"include_leave":true}}""");
        Assert.True(all.Has("rooms", "leave", room));
        Assert.DoesNotContain(unseen, all.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kick_and_a_ban_are_shown_as_leave()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string token = await bob.SyncToken();
        (await alice.Post($"/v3/rooms/{room}/kick", new { user_id = bob.UserId })).Ok();
        JsonElement kicked = await bob.SyncUntil(token, s => s.Has("rooms", "leave", room));
        (await alice.Post($"/v3/rooms/{room}/ban", new { user_id = bob.UserId })).Ok();
        JsonElement banned = await bob.SyncUntil(kicked.Str("next_batch"), s => s.Has("rooms", "leave", room));
        Assert.Equal("ban", banned.List("rooms", "leave", room, "timeline", "events")[^1].Str("content", "membership"));
    }

    [Fact]
    public async Task Leaving_and_rejoining_between_two_syncs_is_a_new_room()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { preset = "public_chat", name = "N" });
        await bob.Join(room);
        string token = await bob.SyncToken();
        await bob.Leave(room);
        await alice.SetState(room, "m.room.topic", new { topic = "while away" });
        await bob.Join(room);
        JsonElement sync = await bob.SyncUntil(token, s => s.Has("rooms", "join", room));
        string[] types = [.. sync.StateOf(room).Concat(sync.Timeline(room)).Select(e => e.Str("type")).Distinct()];
        Assert.Contains("m.room.topic", types);
        Assert.Contains("m.room.create", types);
    }

    [Fact]
    public async Task Events_of_a_sync_carry_no_room_id_and_the_membership_of_the_reader()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        await alice.Say(room, "x");
        JsonElement sync = await alice.Sync();
        Assert.All(sync.Timeline(room), e => Assert.False(e.Has("room_id")));
        Assert.Equal("join", sync.Timeline(room)[^1].Str("unsigned", "membership"));
        Assert.InRange(sync.Timeline(room)[^1].Int("unsigned", "age"), 0, 60_000);
    }

    [Theory]
    [InlineData("since=nonsense")]
    [InlineData("timeout=soon")]
    [InlineData("full_state=perhaps")]
    [InlineData("filter=%7Bbroken")]
    [InlineData("filter=no-such-filter")]
    public async Task A_wrong_query_is_400(string query)
    {
        TestClient alice = await User();
        Answer answer = await alice.Get(System.Runtime.CompilerServices.FormattableStringFactory.Create($"/_matrix/client/v3/sync?{query}"));
        Assert.True(answer.Status == 400 || (query.StartsWith("filter=no", StringComparison.Ordinal) && answer.Status == 404), $"{query}: {answer.Status} {answer.Text}");
    }

    [Fact]
    public async Task A_client_that_syncs_through_a_conversation_misses_and_doubles_nothing()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string token = await bob.SyncToken();
        List<string> sent = [];
        Task talking = Task.Run(async () =>
        {
            for (int i = 0; i < 40; i++)
            {
                string id = await alice.Say(room, $"m{i}");
                lock (sent)
                {
                    sent.Add(id);
                }
            }
        });
        List<string> received = [];
        long started = Stopwatch.GetTimestamp();
        while ((received.Count < 40 || !talking.IsCompleted) && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30))
        {
            JsonElement sync = await bob.Sync(token, """{"room":{"timeline":{"limit":50}}}""", timeoutMs: 1000);
            received.AddRange(sync.Timeline(room).Ids());
            token = sync.Str("next_batch");
        }
        await talking;
        Assert.Equal(sent, received);
    }
}

/// <inheritdoc/>
public sealed class SyncOnSqlite(SqliteServer server) : SyncTests(server);

/// <inheritdoc/>
public sealed class SyncOnPostgres(PostgresServer server) : SyncTests(server);
