using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Join, leave, invite, kick, ban, unban, forget and the list of joined rooms.</summary>
public abstract class MembershipTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_public_room_can_be_joined_by_id_on_either_path()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        Assert.Equal(room, (await bob.Post($"/v3/rooms/{room}/join")).Ok().Str("room_id"));
        Assert.Equal(room, (await carol.Post($"/v3/join/{room}")).Ok().Str("room_id"));
        Assert.Equal("join", await alice.MembershipOf(room, bob));
        Assert.Equal("join", await alice.MembershipOf(room, carol));
    }

    [Fact]
    public async Task Joining_twice_is_ok_and_changes_nothing()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        int before = (await alice.WalkMessages(room)).Count;
        Assert.Equal(room, await bob.Join(room));
        Assert.Equal(before, (await alice.WalkMessages(room)).Count);
    }

    [Fact]
    public async Task A_reason_is_kept_with_the_membership()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        (await bob.Post($"/v3/rooms/{room}/join", new { reason = "Looking for support" })).Ok();
        Assert.Equal("Looking for support", (await alice.State(room, "m.room.member", bob.UserId)).Str("reason"));
        (await bob.Post($"/v3/rooms/{room}/leave", new { reason = "Found it" })).Ok();
        Assert.Equal("Found it", (await alice.State(room, "m.room.member", bob.UserId)).Str("reason"));
    }

    [Fact]
    public async Task A_private_room_needs_an_invite()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom();
        (await bob.Post($"/v3/join/{room}")).Fails(403, "M_FORBIDDEN");
        await alice.Invite(room, bob);
        Assert.Equal("invite", await alice.MembershipOf(room, bob));
        await bob.Join(room);
        Assert.Equal("join", await alice.MembershipOf(room, bob));
    }

    [Fact]
    public async Task A_room_that_does_not_exist_cannot_be_joined()
    {
        TestClient alice = await User();
        Answer answer = await alice.Post($"/v3/join/{"!nothing:localhost"}");
        Assert.True(answer.Status is 403 or 404 && answer.Errcode is "M_NOT_FOUND" or "M_FORBIDDEN", answer.Text);
        (await alice.Post($"/v3/join/{"neither-id-nor-alias"}")).FailsWithOneOf(400, "M_INVALID_PARAM", "M_BAD_JSON");
    }

    [Fact]
    public async Task Joined_rooms_list_what_is_joined_and_only_that()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string first = await alice.CreatePublicRoom();
        string second = await alice.CreatePublicRoom();
        string invited = await alice.CreateRoom(new { invite = new[] { bob.UserId } });
        await bob.Join(first);
        await bob.Join(second);
        await bob.Leave(second);
        string[] joined = [.. (await bob.Get($"/v3/joined_rooms")).Ok().List("joined_rooms").Select(r => r.GetString()!)];
        Assert.Equal([first], joined);
        Assert.DoesNotContain(invited, joined);
    }

    [Fact]
    public async Task An_invite_can_be_refused()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom(new { invite = new[] { bob.UserId } });
        string token = await bob.SyncToken();
        await bob.Leave(room);
        Assert.Equal("leave", await alice.MembershipOf(room, bob));
        Assert.False((await bob.Sync()).Has("rooms", "invite", room));
        Assert.True((await bob.Sync(token)).Has("rooms", "leave", room));
        (await bob.Post($"/v3/join/{room}")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Only_members_invite_and_nobody_invites_the_joined_or_banned()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        (await bob.Post($"/v3/rooms/{room}/invite", new { user_id = carol.UserId })).Fails(403, "M_FORBIDDEN");
        await carol.Join(room);
        (await alice.Post($"/v3/rooms/{room}/invite", new { user_id = carol.UserId })).Fails(403, "M_FORBIDDEN");
        (await alice.Post($"/v3/rooms/{room}/ban", new { user_id = bob.UserId })).Ok();
        (await alice.Post($"/v3/rooms/{room}/invite", new { user_id = bob.UserId })).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task The_power_level_for_invites_is_held()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreateRoom(new { preset = "public_chat", power_level_content_override = new { invite = 50 } });
        await bob.Join(room);
        (await bob.Post($"/v3/rooms/{room}/invite", new { user_id = carol.UserId })).Fails(403, "M_FORBIDDEN");
        await alice.Invite(room, carol);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"user_id":7}""")]
    [InlineData("""{"user_id":"bob"}""")]
    public async Task Membership_requests_without_a_proper_user_id_are_400(string body)
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        foreach (string action in (string[])["invite", "kick", "ban", "unban"])
        {
            (await alice.Post($"/v3/rooms/{room}/{action}", body)).FailsWithOneOf(400, "M_MISSING_PARAM", "M_BAD_JSON", "M_INVALID_PARAM");
        }
    }

    [Fact]
    public async Task A_kicked_user_has_left_and_may_come_back_to_a_public_room()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        (await alice.Post($"/v3/rooms/{room}/kick", new { user_id = bob.UserId, reason = "Calm down" })).Ok();
        JsonElement member = (await alice.FullState(room)).OfType("m.room.member", bob.UserId);
        Assert.Equal("leave", member.Str("content", "membership"));
        Assert.Equal("Calm down", member.Str("content", "reason"));
        Assert.Equal(alice.UserId, member.Str("sender"));
        await bob.Join(room);
    }

    [Fact]
    public async Task Kicking_needs_power_and_a_target_below_and_in_the_room()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await carol.Join(room);
        (await bob.Post($"/v3/rooms/{room}/kick", new { user_id = carol.UserId })).Fails(403, "M_FORBIDDEN");
        (await bob.Post($"/v3/rooms/{room}/kick", new { user_id = alice.UserId })).Fails(403, "M_FORBIDDEN");
        await carol.Leave(room);
        Answer gone = await alice.Post($"/v3/rooms/{room}/kick", new { user_id = carol.UserId });
        gone.Fails(403, "M_FORBIDDEN");
        TestClient stranger = await User();
        (await stranger.Post($"/v3/rooms/{room}/kick", new { user_id = bob.UserId })).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_ban_removes_and_keeps_out_until_it_is_lifted()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        (await alice.Post($"/v3/rooms/{room}/ban", new { user_id = bob.UserId, reason = "Enough" })).Ok();
        Assert.Equal("ban", await alice.MembershipOf(room, bob));
        (await bob.Post($"/v3/join/{room}")).Fails(403, "M_FORBIDDEN");
        (await bob.Put($"/v3/rooms/{room}/send/m.room.message/x", new { body = "x", msgtype = "m.text" })).Fails(403, "M_FORBIDDEN");
        (await alice.Post($"/v3/rooms/{room}/unban", new { user_id = bob.UserId })).Ok();
        Assert.Equal("leave", await alice.MembershipOf(room, bob));
        await bob.Join(room);
    }

    [Fact]
    public async Task Banning_and_unbanning_need_power()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await carol.Join(room);
        (await bob.Post($"/v3/rooms/{room}/ban", new { user_id = carol.UserId })).Fails(403, "M_FORBIDDEN");
        (await alice.Post($"/v3/rooms/{room}/ban", new { user_id = carol.UserId })).Ok();
        (await bob.Post($"/v3/rooms/{room}/unban", new { user_id = carol.UserId })).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_left_room_can_be_forgotten_and_then_its_history_is_gone()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await bob.Say(room, "here");
        Answer early = await bob.Post($"/v3/rooms/{room}/forget");
        early.Fails(400, "M_UNKNOWN");
        await bob.Leave(room);
        Assert.NotEmpty(await bob.WalkMessages(room));
        (await bob.Post($"/v3/rooms/{room}/forget")).Ok();
        (await bob.Get($"/v3/rooms/{room}/messages?dir=b")).Fails(403, "M_FORBIDDEN");
        string all = """{"room":{"include_leave":true}}""";
        Assert.False((await bob.Sync(filter: all)).Has("rooms", "leave", room));
    }

    [Fact]
    public async Task A_forgotten_room_can_be_joined_again()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await bob.Leave(room);
        (await bob.Post($"/v3/rooms/{room}/forget")).Ok();
        await bob.Join(room);
        Assert.NotEmpty(await bob.WalkMessages(room));
    }

    [Fact]
    public async Task The_state_api_changes_memberships_too()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.SetState(room, "m.room.member", new { membership = "join", displayname = "Just here" }, bob.UserId);
        Assert.Equal("Just here", (await alice.State(room, "m.room.member", bob.UserId)).Str("displayname"));
        await alice.SetState(room, "m.room.member", new { membership = "ban" }, bob.UserId);
        Assert.Equal("ban", await alice.MembershipOf(room, bob));
        (await bob.Put($"/v3/rooms/{room}/state/m.room.member/{bob.UserId}", new { membership = "join" })).Fails(403, "M_FORBIDDEN");
        (await bob.Put($"/v3/rooms/{room}/state/m.room.member/{alice.UserId}", new { membership = "leave" })).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Leaving_twice_or_without_having_been_there_is_refused_or_harmless()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        Answer never = await bob.Post($"/v3/rooms/{room}/leave");
        Assert.True(never.Status is 403 or 404, never.Text);
        await bob.Join(room);
        await bob.Leave(room);
        Answer twice = await bob.Post($"/v3/rooms/{room}/leave");
        Assert.True(twice.Status is 200 or 403, twice.Text);
    }

    [Fact]
    public async Task The_last_member_may_leave()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        await alice.Leave(room);
        Assert.Empty((await alice.Get($"/v3/joined_rooms")).Ok().List("joined_rooms"));
    }
}

/// <inheritdoc/>
public sealed class MembershipOnSqlite(SqliteServer server) : MembershipTests(server);

/// <inheritdoc/>
public sealed class MembershipOnPostgres(PostgresServer server) : MembershipTests(server);
