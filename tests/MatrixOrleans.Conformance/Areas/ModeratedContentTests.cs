using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Invitations that users do not want, redactions of many events, and account data that goes away: what clients use beyond the specification.</summary>
public abstract class ModeratedContentTests(SharedServer server) : ConformanceTest(server)
{
    private const string Filter = "org.matrix.msc4155.invite_permission_config";

    private static readonly TimeSpan DoneWithin = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_filter_blocks_invitations_of_some_and_hides_those_of_others()
    {
        TestClient alice = await User("blocked");
        TestClient bob = await User();
        TestClient carol = await User("hidden");
        await SetData(bob, Filter, new { blocked_users = new[] { "@blocked-*" }, ignored_users = new[] { carol.UserId } });
        string room = await alice.CreateRoom();
        (await alice.Post($"/v3/rooms/{room}/invite", new { user_id = bob.UserId })).Fails(403, "M_INVITE_BLOCKED");
        string other = await carol.CreateRoom();
        await carol.Invite(other, bob);
        Assert.False((await bob.Get($"/v3/sync?timeout=0")).Ok().Has("rooms", "invite", other));
        await SetData(bob, Filter, new { enabled = false, blocked_users = new[] { "*" } });
        await alice.Invite(room, bob);
        string[] invites = (await bob.Get($"/v3/sync?timeout=0")).Ok().Keys("rooms", "invite");
        Assert.Contains(room, invites);
        Assert.Contains(other, invites);
        await SetData(bob, Filter, new { allowed_users = new[] { alice.UserId }, blocked_servers = new[] { "local*" } });
        await alice.Invite(await alice.CreateRoom(), bob);
        (await carol.Post($"/v3/rooms/{await carol.CreateRoom()}/invite", new { user_id = bob.UserId })).Fails(403, "M_INVITE_BLOCKED");
    }

    [Fact]
    public async Task Who_blocks_all_invitations_is_not_shown_the_earlier_ones_either()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom();
        await alice.Invite(room, bob);
        await SetData(bob, "m.invite_permission_config", new { default_action = "block" });
        Assert.False((await bob.Get($"/v3/sync?timeout=0")).Ok().Has("rooms", "invite", room));
        (await alice.Post($"/v3/rooms/{await alice.CreateRoom()}/invite", new { user_id = bob.UserId })).Fails(403, "M_INVITE_BLOCKED");
    }

    [Fact]
    public async Task Sliding_sync_shows_no_invitation_that_the_user_does_not_want_either()
    {
        TestClient alice = await User();
        TestClient carol = await User("hidden");
        TestClient bob = await User();
        await SetData(bob, Filter, new { ignored_users = new[] { carol.UserId } });
        string wanted = await alice.CreateRoom();
        string unwanted = await carol.CreateRoom();
        await alice.Invite(wanted, bob);
        await carol.Invite(unwanted, bob);
        JsonElement first = await bob.Slide(SlidingCalls.List(subscriptions: new Dictionary<string, object> { [unwanted] = new { timeline_limit = 1, required_state = SlidingCalls.NameOnly } }));
        Assert.Equal([wanted], first.Keys("rooms"));
        Assert.Equal(1, first.Int("lists", "all", "count"));
        await SetData(bob, Filter, new { });
        JsonElement second = await bob.Slide(SlidingCalls.List(), first.Str("pos"));
        Assert.Equal([unwanted], second.Keys("rooms"));
        await SetData(bob, "m.invite_permission_config", new { default_action = "block" });
        Assert.Equal(0, (await bob.Slide(SlidingCalls.List(), second.Str("pos"))).Int("lists", "all", "count"));
        await bob.Join(unwanted);
        Assert.Equal(1, (await bob.Slide(SlidingCalls.List(connection: "another"))).Int("lists", "all", "count"));
    }

    [Fact]
    public async Task A_redaction_takes_related_events_with_it()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string root = await alice.Say(room, "root");
        string thread = await alice.SendEvent(room, "m.room.message", new Dictionary<string, object> { ["body"] = "in thread", ["msgtype"] = "m.text", ["m.relates_to"] = new { rel_type = "m.thread", event_id = root } });
        string reference = await alice.SendEvent(room, "m.room.message", new Dictionary<string, object> { ["body"] = "reference", ["msgtype"] = "m.text", ["m.relates_to"] = new { rel_type = "m.reference", event_id = root } });
        string redaction = await alice.Redact(room, root, new Dictionary<string, object> { ["reason"] = "gone", ["org.matrix.msc3912.with_relations"] = new[] { "m.thread" } });
        Assert.False((await alice.Event(room, root)).Has("content", "body"));
        Assert.False((await alice.Event(room, thread)).Has("content", "body"));
        Assert.True((await alice.Event(room, reference)).Has("content", "body"));
        Assert.False((await alice.Event(room, redaction)).Has("content", "org.matrix.msc3912.with_relations"));
        await alice.Redact(room, root, new Dictionary<string, object> { ["org.matrix.msc3912.with_relations"] = new[] { "*" } });
        Assert.False((await alice.Event(room, reference)).Has("content", "body"));
        (await alice.Put($"/v3/rooms/{room}/redact/{root}/{alice.NewTxnId()}", new Dictionary<string, object> { ["org.matrix.msc3912.with_relations"] = new[] { 7 } })).Fails(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task A_ban_can_redact_what_the_user_sent()
    {
        TestClient alice = await User();
        TestClient mallory = await User();
        string room = await alice.CreatePublicRoom();
        await mallory.Join(room);
        string[] said = [await mallory.Say(room, "one"), await mallory.Say(room, "two")];
        string kept = await alice.Say(room, "kept");
        (await alice.Post($"/v3/rooms/{room}/ban", new Dictionary<string, object> { ["user_id"] = mallory.UserId, ["reason"] = "spam", ["org.matrix.msc4293.redact_events"] = true })).Ok();
        Assert.True((await alice.State(room, "m.room.member", mallory.UserId)).Bool("org.matrix.msc4293.redact_events"));
        DateTime end = DateTime.UtcNow + DoneWithin;
        while (DateTime.UtcNow < end && ((await alice.Event(room, said[0])).Has("content", "body") || (await alice.Event(room, said[1])).Has("content", "body")))
        {
            await Task.Delay(50);
        }
        Assert.False((await alice.Event(room, said[0])).Has("content", "body"));
        Assert.Equal("spam", (await alice.Event(room, said[1])).Str("unsigned", "redacted_because", "content", "reason"));
        Assert.True((await alice.Event(room, kept)).Has("content", "body"));
    }

    [Fact]
    public async Task Moderators_can_read_what_was_redacted()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string said = await bob.Say(room, "rude");
        await alice.Redact(room, said);
        Assert.Equal("rude", (await alice.Get($"/v3/rooms/{room}/event/{said}?fi.mau.msc2815.include_unredacted_content=true")).Ok().Str("content", "body"));
        (await bob.Get($"/v3/rooms/{room}/event/{said}?fi.mau.msc2815.include_unredacted_content=true")).Fails(403, "M_FORBIDDEN");
        Assert.False((await bob.Event(room, said)).Has("content", "body"));
    }

    [Fact]
    public async Task Account_data_can_be_deleted()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        await SetData(alice, "org.example.a", new { a = 1 });
        (await alice.Put($"/v3/user/{alice.UserId}/rooms/{room}/account_data/org.example.b", new { b = 1 })).Ok();
        string since = (await alice.Get($"/v3/sync?timeout=0")).Ok().Str("next_batch");
        (await alice.Delete($"/_matrix/client/unstable/org.matrix.msc3391/user/{alice.UserId}/account_data/org.example.a")).Ok();
        (await alice.Delete($"/_matrix/client/unstable/org.matrix.msc3391/user/{alice.UserId}/rooms/{room}/account_data/org.example.b")).Ok();
        (await alice.Get($"/v3/user/{alice.UserId}/account_data/org.example.a")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/user/{alice.UserId}/rooms/{room}/account_data/org.example.b")).Fails(404, "M_NOT_FOUND");
        JsonElement sync = (await alice.Get($"/v3/sync?timeout=0&since={since}")).Ok();
        Assert.Empty(sync.List("account_data", "events").OfType("org.example.a").At("content").EnumerateObject());
        (await alice.Delete($"/_matrix/client/unstable/org.matrix.msc3391/user/{alice.UserId}/account_data/org.example.a")).Ok();
        (await alice.Delete($"/_matrix/client/unstable/org.matrix.msc3391/user/{alice.UserId}/account_data/m.push_rules")).Fails(405, "M_BAD_JSON");
        (await alice.Delete($"/_matrix/client/unstable/org.matrix.msc3391/user/{"@other:localhost"}/account_data/org.example.a")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task The_fully_read_marker_moves_back_only_when_that_is_allowed()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string first = await alice.Say(room, "first");
        string second = await alice.Say(room, "second");
        await Mark(new Dictionary<string, object> { ["m.fully_read"] = second }, second);
        await Mark(new Dictionary<string, object> { ["m.fully_read"] = first }, second);
        await Mark(new Dictionary<string, object> { ["m.fully_read"] = first, ["com.beeper.allow_backward"] = true }, first);

        async Task Mark(object body, string expected)
        {
            (await alice.Post($"/v3/rooms/{room}/read_markers", body)).Ok();
            Assert.Equal(expected, (await alice.Get($"/v3/user/{alice.UserId}/rooms/{room}/account_data/m.fully_read")).Ok().Str("event_id"));
        }
    }

    [Fact]
    public async Task An_invitation_at_creation_can_have_a_reason()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new Dictionary<string, object> { ["invite"] = new[] { bob.UserId }, ["uk.timedout.msc4491.invite_reason"] = "come" });
        Assert.Equal("come", (await alice.State(room, "m.room.member", bob.UserId)).Str("reason"));
    }

    [Fact]
    public async Task The_retention_configuration_is_told()
    {
        TestClient alice = await User();
        JsonElement answer = (await alice.Get($"/_matrix/client/unstable/org.matrix.msc1763/retention/configuration")).Ok();
        Assert.Empty(answer.Keys("policies"));
    }

    private static async Task SetData(TestClient client, string type, object content) => (await client.Put($"/v3/user/{client.UserId}/account_data/{type}", content)).Ok();
}

/// <inheritdoc/>
public sealed class ModeratedContentOnSqlite(SqliteServer server) : ModeratedContentTests(server);

/// <inheritdoc/>
public sealed class ModeratedContentOnPostgres(PostgresServer server) : ModeratedContentTests(server);
