using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>/sync with filters, lazy-loaded members, room summaries and ignored users.</summary>
public abstract class SyncFilterTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_filter_selects_rooms_types_and_senders()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        string other = await alice.CreateRoom();
        await bob.Join(room);
        string alices = await alice.Say(room, "a");
        string bobs = await bob.Say(room, "b");
        Assert.Equal([room], (await alice.Sync(filter: $$$$"""{"room":{"rooms":["{{{{room}}}}"]}}""")).Keys("rooms", "join"));
        Assert.Equal([other], (await alice.Sync(filter: $$$$"""{"room":{"not_rooms":["{{{{room}}}}"]}}""")).Keys("rooms", "join"));
        Assert.Equal([alices, bobs], (await alice.Sync(filter: """{"room":{"timeline":{"types":["m.room.message"]}}}""")).Timeline(room).Ids());
        Assert.Equal([bobs], (await alice.Sync(filter: $$$$"""{"room":{"timeline":{"types":["m.room.*"],"senders":["{{{{bob.UserId}}}}"],"not_types":["m.room.member"]}}}""")).Timeline(room).Ids());
        JsonElement state = await alice.Sync(filter: """{"room":{"timeline":{"limit":1},"state":{"types":["m.room.create"]}}}""");
        Assert.Equal(["m.room.create"], state.StateOf(room).Select(e => e.Str("type")));
    }

    [Fact]
    public async Task A_filter_of_account_data_and_ephemeral_types_is_held()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string message = await alice.Say(room, "x");
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/org.example.a", "{}")).Ok();
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/org.example.b", "{}")).Ok();
        (await alice.Post($"/v3/rooms/{room}/receipt/m.read/{message}")).Ok();
        JsonElement sync = await alice.Sync(filter: """{"account_data":{"types":["org.example.b"]},"room":{"ephemeral":{"not_types":["m.receipt"]}}}""");
        Assert.Equal(["org.example.b"], sync.List("account_data", "events").Select(e => e.Str("type")));
        Assert.DoesNotContain("m.receipt", sync.Ephemeral(room).Select(e => e.Str("type")));
    }

    [Fact]
    public async Task A_stored_filter_works_by_its_id()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        await alice.Say(room, "1");
        string last = await alice.Say(room, "2");
        string id = (await alice.Post($"/v3/user/{alice.UserId}/filter", """{"room":{"timeline":{"limit":1}}}""")).Ok().Str("filter_id");
        JsonElement sync = await alice.Sync(filter: id);
        Assert.Equal([last], sync.Timeline(room).Ids());
        Assert.True(sync.Joined(room).Bool("timeline", "limited"));
    }

    [Fact]
    public async Task Lazy_loading_gives_the_timelines_senders_and_oneself()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        TestClient dave = await User();
        string room = await alice.CreatePublicRoom();
        foreach (TestClient member in (TestClient[])[bob, carol, dave])
        {
            await member.Join(room);
        }
        await bob.Say(room, "only bob speaks");
        string filter = """{"room":{"state":{"lazy_load_members":true},"timeline":{"limit":1}}}""";
        JsonElement sync = await alice.Sync(filter: filter);
        string[] members = [.. sync.StateOf(room).Where(e => e.Str("type") == "m.room.member").Select(e => e.Str("state_key"))];
        Assert.Contains(bob.UserId, members);
        Assert.Contains(alice.UserId, members);
        // Heroes come too; a room of four without a name has three.
        string[] heroes = [.. sync.List("rooms", "join", room, "summary", "m.heroes").Select(h => h.GetString()!)];
        Assert.Empty(members.Except([alice.UserId, bob.UserId, .. heroes]));
        await carol.Say(room, "now carol");
        JsonElement next = await alice.SyncUntil(sync.Str("next_batch"), s => s.Timeline(room).Length > 0, filter);
        string[] later = [.. next.StateOf(room).Where(e => e.Str("type") == "m.room.member").Select(e => e.Str("state_key"))];
        Assert.True(later.Contains(carol.UserId) || members.Contains(carol.UserId));
    }

    [Fact]
    public async Task The_summary_counts_members_and_names_heroes_of_a_nameless_room()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreateRoom(new { invite = new[] { bob.UserId, carol.UserId } });
        await bob.Join(room);
        JsonElement summary = (await alice.Sync()).Joined(room).At("summary");
        Assert.Equal(2, summary.Int("m.joined_member_count"));
        Assert.Equal(1, summary.Int("m.invited_member_count"));
        Assert.Equal([.. new[] { bob.UserId, carol.UserId }.Order()], [.. summary.List("m.heroes").Select(h => h.GetString()!).Order()]);
        string token = await alice.SyncToken();
        await carol.Join(room);
        JsonElement sync = await alice.SyncUntil(token, s => s.Timeline(room).Length > 0);
        Assert.Equal(3, sync.Joined(room).Int("summary", "m.joined_member_count"));
    }

    [Fact]
    public async Task Ignored_users_events_and_invites_are_not_shown()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string before = await bob.Say(room, "before");
        string token = await alice.SyncToken();
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/m.ignored_user_list", $$$$"""{"ignored_users":{"{{{{bob.UserId}}}}":{}}}""")).Ok();
        string hidden = await bob.Say(room, "hidden");
        await bob.CreateRoom(new { invite = new[] { alice.UserId } });
        (await bob.Put($"/v3/rooms/{room}/typing/{bob.UserId}", new { typing = true, timeout = 10_000 })).Ok();
        string shown = await alice.Say(room, "shown");
        JsonElement sync = await alice.SyncUntilEvent(token, room, shown);
        Assert.DoesNotContain(hidden, sync.Timeline(room).Ids());
        Assert.Empty(sync.Keys("rooms", "invite"));
        JsonElement initial = await alice.Sync();
        Assert.DoesNotContain(before, initial.Timeline(room).Ids());
        Assert.Empty(initial.Keys("rooms", "invite"));
        Assert.DoesNotContain(hidden, (await alice.WalkMessages(room)).Ids());
        Assert.Equal(0, initial.Joined(room).Int("unread_notifications", "notification_count"));
        JsonElement[] state = [.. initial.StateOf(room), .. initial.Timeline(room).Where(e => e.Has("state_key"))];
        Assert.Contains(state, e => e.Str("type") == "m.room.member" && e.Str("state_key") == bob.UserId);
        (await alice.Put($"/v3/user/{alice.UserId}/account_data/m.ignored_user_list", """{"ignored_users":{}}""")).Ok();
        Assert.Contains(hidden, (await alice.WalkMessages(room)).Ids());
    }

    [Fact]
    public async Task Push_rules_are_in_the_account_data_of_an_initial_sync()
    {
        TestClient alice = await User();
        JsonElement rules = (await alice.Sync()).List("account_data", "events").OfType("m.push_rules").At("content", "global");
        Assert.Contains(".m.rule.master", rules.List("override").Select(r => r.Str("rule_id")));
        Assert.Contains(".m.rule.message", rules.List("underride").Select(r => r.Str("rule_id")));
    }
}

/// <inheritdoc/>
public sealed class SyncFiltersOnSqlite(SqliteServer server) : SyncFilterTests(server);

/// <inheritdoc/>
public sealed class SyncFiltersOnPostgres(PostgresServer server) : SyncFilterTests(server);
