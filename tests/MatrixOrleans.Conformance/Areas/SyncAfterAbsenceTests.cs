using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>/sync for those who were away: out of the room, or behind a gap.</summary>
public abstract class SyncAfterAbsenceTests(SharedServer server) : ConformanceTest(server)
{
    private const string Lazy = """{"room":{"state":{"lazy_load_members":true},"timeline":{"limit":5}}}""";

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public async Task State_from_a_time_that_the_user_did_not_see_is_not_lost_on_rejoining(int unseen)
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await alice.SetState(room, "m.room.history_visibility", new { history_visibility = "joined" });
        string token = await bob.SyncToken();
        await bob.Leave(room);
        await carol.Join(room);
        string last = "";
        for (int i = 0; i < unseen; i++)
        {
            last = await alice.Say(room, $"unseen {i}");
        }
        await bob.Join(room);
        JsonElement sync = await bob.Sync(token);
        Assert.Contains(sync.StateOf(room).Concat(sync.Timeline(room)), e => e.Str("type") == "m.room.member" && e.Str("state_key") == carol.UserId && e.Str("content", "membership") == "join");
        Assert.DoesNotContain(last, sync.Timeline(room).Ids());
        Assert.True(sync.Timeline(room).Length > 2);
        Assert.True(sync.Joined(room).Bool("timeline", "limited"));
    }

    [Fact]
    public async Task A_gap_tells_every_membership_that_changed_in_it_even_when_members_are_loaded_lazily()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string token = (await alice.Sync(filter: Lazy)).Str("next_batch");
        await carol.Join(room);
        for (int i = 0; i < 8; i++)
        {
            await bob.Say(room, $"m{i}");
        }
        JsonElement sync = await alice.Sync(token, Lazy);
        Assert.True(sync.Joined(room).Bool("timeline", "limited"));
        Assert.Contains(sync.StateOf(room), e => e.Str("type") == "m.room.member" && e.Str("state_key") == carol.UserId);
    }

    [Fact]
    public async Task A_new_display_name_that_the_filter_hides_is_no_news_of_the_room()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        const string filter = """{"room":{"timeline":{"types":[]},"state":{"types":["org.example"]},"ephemeral":{"types":[]}}}""";
        string token = (await alice.Sync(filter: filter)).Str("next_batch");
        await alice.SetState(room, "m.room.member", new { membership = "join", displayname = "Boris" }, alice.UserId);
        await alice.Say(room, "hidden as well");
        Assert.Empty((await alice.Sync(token, filter)).Keys("rooms", "join"));
    }

    [Fact]
    public async Task A_timeline_limit_of_none_gives_the_state_alone()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        JsonElement sync = await alice.Sync(filter: """{"room":{"timeline":{"limit":0}}}""");
        Assert.Empty(sync.Timeline(room));
        Assert.Equal([.. (await alice.FullState(room)).Ids().Order()], [.. sync.StateOf(room).Ids().Order()]);
    }

    [Fact]
    public async Task Messages_of_an_erased_user_are_whole_only_for_those_who_were_there()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient late = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string message = await alice.Say(room, "forget me");
        await late.Join(room);
        (await alice.WithPassword(auth => alice.Post($"/v3/account/deactivate", auth is null ? new { erase = true } : new { erase = true, auth }))).Ok();
        Assert.Equal("forget me", (await bob.Event(room, message)).Str("content", "body"));
        Assert.Equal("forget me", (await bob.Sync()).Timeline(room).Single(e => e.Str("event_id") == message).Str("content", "body"));
        Assert.False((await late.Event(room, message)).Has("content", "body"));
        Assert.False((await late.Sync()).Timeline(room).Single(e => e.Str("event_id") == message).Has("content", "body"));
        Assert.False((await late.WalkMessages(room)).Single(e => e.Str("event_id") == message).Has("content", "body"));
    }
}

/// <inheritdoc/>
public sealed class SyncAfterAbsenceOnSqlite(SqliteServer server) : SyncAfterAbsenceTests(server);

/// <inheritdoc/>
public sealed class SyncAfterAbsenceOnPostgres(PostgresServer server) : SyncAfterAbsenceTests(server);
