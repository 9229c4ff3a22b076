using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>/messages and /context: order, paging, filters, and what may be seen.</summary>
public abstract class HistoryTests(SharedServer server) : ConformanceTest(server)
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task Pages_in_both_directions_hold_every_event_once_in_order(int limit)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        List<string> sent = [];
        for (int i = 0; i < 12; i++)
        {
            sent.Add(await alice.Say(room, $"m{i}"));
        }
        string[] backwards = [.. (await alice.WalkMessages(room, "b", limit)).Ids()];
        string[] forwards = [.. (await alice.WalkMessages(room, "f", limit)).Ids()];
        Assert.Equal(forwards, backwards.AsEnumerable().Reverse());
        Assert.Equal(forwards.Length, forwards.Distinct().Count());
        Assert.Equal(sent, forwards.TakeLast(12));
    }

    [Fact]
    public async Task The_default_limit_is_ten()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        for (int i = 0; i < 12; i++)
        {
            await alice.Say(room, $"m{i}");
        }
        Assert.Equal(10, (await alice.Get($"/v3/rooms/{room}/messages?dir=b")).Ok().List("chunk").Length);
    }

    [Fact]
    public async Task A_syncs_prev_batch_leads_back_without_a_gap_or_a_double()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        for (int i = 0; i < 15; i++)
        {
            await alice.Say(room, $"m{i}");
        }
        JsonElement sync = await alice.Sync(filter: """{"room":{"timeline":{"limit":5}}}""");
        Assert.True(sync.Joined(room).Bool("timeline", "limited"));
        string[] recent = sync.Timeline(room).Ids();
        string[] older = [.. (await alice.WalkMessages(room, "b", 4, sync.Joined(room).Str("timeline", "prev_batch"))).Ids()];
        string[] all = (await alice.WalkMessages(room, "f")).Ids();
        Assert.Equal(all, older.AsEnumerable().Reverse().Concat(recent));
    }

    [Fact]
    public async Task A_syncs_next_batch_leads_forward_to_what_came_later()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        await alice.Say(room, "before");
        string token = await alice.SyncToken();
        string first = await alice.Say(room, "after 1");
        string second = await alice.Say(room, "after 2");
        Assert.Equal([first, second], (await alice.WalkMessages(room, "f", 10, token)).Ids());
    }

    [Fact]
    public async Task The_to_token_ends_the_walk()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string token = await alice.SyncToken();
        string[] sent = [await alice.Say(room, "1"), await alice.Say(room, "2"), await alice.Say(room, "3")];
        JsonElement page = (await alice.Get($"/v3/rooms/{room}/messages?dir=b&limit=50&to={token}")).Ok();
        Assert.Equal(sent.AsEnumerable().Reverse(), page.List("chunk").Ids());
    }

    [Fact]
    public async Task A_filter_selects_types_and_senders()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string alices = await alice.Say(room, "a");
        string bobs = await bob.Say(room, "b");
        string other = await alice.SendEvent(room, "org.example.other", new { a = 1 });
        async Task<string[]> Filtered(string filter) => (await alice.Get($"/v3/rooms/{room}/messages?dir=f&limit=100&filter={filter}")).Ok().List("chunk").Ids();
        Assert.Equal([alices, bobs], await Filtered("""{"types":["m.room.message"]}"""));
        Assert.Equal([bobs], await Filtered($$"""{"types":["m.room.message"],"senders":["{{bob.UserId}}"]}"""));
        Assert.Equal([alices], await Filtered($$"""{"types":["m.room.message"],"not_senders":["{{bob.UserId}}"]}"""));
        Assert.Equal([other], await Filtered("""{"types":["org.example.*"]}"""));
        Assert.DoesNotContain(other, await Filtered("""{"not_types":["org.example.other"]}"""));
    }

    [Fact]
    public async Task A_filter_that_matches_little_still_reaches_the_whole_history()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string rare = await alice.SendEvent(room, "org.example.rare", new { a = 1 });
        for (int i = 0; i < 30; i++)
        {
            await alice.Say(room, $"m{i}");
        }
        List<string> found = [];
        string? from = null;
        for (int page = 0; page < 50; page++)
        {
            string filter = """{"types":["org.example.rare"]}""";
            JsonElement answer = (await (from is null
                ? alice.Get($"/v3/rooms/{room}/messages?dir=b&limit=5&filter={filter}")
                : alice.Get($"/v3/rooms/{room}/messages?dir=b&limit=5&filter={filter}&from={from}"))).Ok();
            found.AddRange(answer.List("chunk").Ids());
            if (!answer.Has("end"))
            {
                break;
            }
            from = answer.Str("end");
        }
        Assert.Equal([rare], found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dir=x")]
    [InlineData("dir=b&limit=x")]
    [InlineData("dir=b&limit=-1")]
    [InlineData("dir=b&from=nonsense")]
    [InlineData("dir=b&filter=%7Bnonsense")]
    public async Task A_wrong_query_is_400(string query)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string path = $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/messages?{query}";
        (await alice.Get(System.Runtime.CompilerServices.FormattableStringFactory.Create(path))).FailsWithOneOf(400, "M_INVALID_PARAM", "M_MISSING_PARAM", "M_UNKNOWN", "M_BAD_JSON", "M_NOT_JSON");
    }

    [Fact]
    public async Task History_is_for_members_and_ends_at_the_leave_of_those_who_left()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        (await bob.Get($"/v3/rooms/{room}/messages?dir=b")).Fails(403, "M_FORBIDDEN");
        await bob.Join(room);
        string seen = await alice.Say(room, "seen");
        await bob.Leave(room);
        string unseen = await alice.Say(room, "unseen");
        string[] history = [.. (await bob.WalkMessages(room)).Ids()];
        Assert.Contains(seen, history);
        Assert.DoesNotContain(unseen, history);
    }

    [Theory]
    [InlineData("world_readable", true, true)]
    [InlineData("shared", true, true)]
    [InlineData("invited", false, true)]
    [InlineData("joined", false, false)]
    public async Task History_visibility_decides_what_a_new_member_sees(string visibility, bool beforeInvite, bool afterInvite)
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { initial_state = new object[] { new { type = "m.room.history_visibility", state_key = "", content = new { history_visibility = visibility } } } });
        string first = await alice.Say(room, "before the invite");
        await alice.Invite(room, bob);
        string second = await alice.Say(room, "before the join");
        await bob.Join(room);
        string third = await alice.Say(room, "after the join");
        string[] history = [.. (await bob.WalkMessages(room)).Ids()];
        Assert.Equal(beforeInvite, history.Contains(first));
        Assert.Equal(afterInvite, history.Contains(second));
        Assert.Contains(third, history);
        Assert.Equal(beforeInvite ? 200 : 404, (await bob.Get($"/v3/rooms/{room}/event/{first}")).Status);
        string[] synced = [.. (await bob.Sync()).Timeline(room).Ids()];
        Assert.Equal(afterInvite, synced.Contains(second));
    }

    [Fact]
    public async Task World_readable_history_is_for_everybody()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { initial_state = new object[] { new { type = "m.room.history_visibility", state_key = "", content = new { history_visibility = "world_readable" } } } });
        string said = await alice.Say(room, "to all");
        Assert.Contains(said, (await bob.WalkMessages(room)).Ids());
        Assert.Equal(said, (await bob.Event(room, said)).Str("event_id"));
    }

    [Fact]
    public async Task Context_gives_what_was_around_an_event()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        List<string> ids = [];
        for (int i = 0; i < 9; i++)
        {
            ids.Add(await alice.Say(room, $"m{i}"));
        }
        JsonElement context = (await alice.Get($"/v3/rooms/{room}/context/{ids[4]}?limit=4")).Ok();
        Assert.Equal(ids[4], context.Str("event", "event_id"));
        Assert.Equal([ids[3], ids[2]], context.List("events_before").Ids());
        Assert.Equal([ids[5], ids[6]], context.List("events_after").Ids());
        Assert.Contains("m.room.create", context.List("state").Select(e => e.Str("type")));
        Assert.Equal([ids[1], ids[0]], (await alice.WalkMessages(room, "b", 2, context.Str("start"))).Ids().Take(2));
        Assert.Equal([ids[7], ids[8]], (await alice.WalkMessages(room, "f", 2, context.Str("end"))).Ids());
    }

    [Fact]
    public async Task Context_with_limit_zero_is_the_event_alone()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string id = await alice.Say(room, "alone");
        JsonElement context = (await alice.Get($"/v3/rooms/{room}/context/{id}?limit=0")).Ok();
        Assert.Equal(id, context.Str("event", "event_id"));
        Assert.Empty(context.List("events_before"));
        Assert.Empty(context.List("events_after"));
    }

    [Fact]
    public async Task Context_of_what_may_not_be_seen_is_404()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        string id = await alice.Say(room, "x");
        Answer outside = await bob.Get($"/v3/rooms/{room}/context/{id}");
        Assert.True(outside.Status is 403 or 404, outside.Text);
        (await alice.Get($"/v3/rooms/{room}/context/{"$00000000000000000000000000000000000000000AA"}")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Lazy_loading_gives_the_members_of_the_page_only()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await carol.Join(room);
        await bob.Say(room, "bob speaks");
        string filter = """{"lazy_load_members":true}""";
        JsonElement page = (await alice.Get($"/v3/rooms/{room}/messages?dir=b&limit=1&filter={filter}")).Ok();
        Assert.Equal([bob.UserId], page.List("state").Where(e => e.Str("type") == "m.room.member").Select(e => e.Str("state_key")));
    }
}

/// <inheritdoc/>
public sealed class HistoryOnSqlite(SqliteServer server) : HistoryTests(server);

/// <inheritdoc/>
public sealed class HistoryOnPostgres(PostgresServer server) : HistoryTests(server);
