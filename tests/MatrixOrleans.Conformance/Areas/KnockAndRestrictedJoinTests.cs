using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Knocking (room versions from 7) and joins restricted to members of another room (from 8; both at once from 10).</summary>
public abstract class KnockAndRestrictedJoinTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_knock_is_seen_by_members_and_in_the_knockers_sync()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await KnockableRoom(alice, "knock");
        Assert.Equal(room, (await bob.Post($"/v3/knock/{room}", new { reason = "Let me in" })).Ok().Str("room_id"));
        JsonElement member = await alice.State(room, "m.room.member", bob.UserId);
        Assert.Equal("knock", member.Str("membership"));
        Assert.Equal("Let me in", member.Str("reason"));
        JsonElement[] stripped = (await bob.Sync()).List("rooms", "knock", room, "knock_state", "events");
        Assert.Equal("knock", stripped.OfType("m.room.member", bob.UserId).Str("content", "membership"));
        Assert.Contains("m.room.create", stripped.Select(e => e.Str("type")));
    }

    [Fact]
    public async Task A_knock_is_answered_by_an_invite_or_a_kick()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string room = await KnockableRoom(alice, "knock");
        (await bob.Post($"/v3/knock/{room}")).Ok();
        (await carol.Post($"/v3/knock/{room}")).Ok();
        await alice.Invite(room, bob);
        await bob.Join(room);
        string token = await carol.SyncToken();
        (await alice.Post($"/v3/rooms/{room}/kick", new { user_id = carol.UserId })).Ok();
        Assert.Equal("leave", await alice.MembershipOf(room, carol));
        JsonElement sync = await carol.SyncUntil(token, s => s.Has("rooms", "leave", room));
        Assert.False(sync.Has("rooms", "knock", room));
    }

    [Fact]
    public async Task A_knock_can_be_taken_back()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await KnockableRoom(alice, "knock");
        (await bob.Post($"/v3/knock/{room}")).Ok();
        string token = await bob.SyncToken();
        await bob.Leave(room);
        Assert.True((await bob.Sync(token)).Has("rooms", "leave", room));
        Assert.False((await bob.Sync()).Has("rooms", "knock", room));
    }

    [Fact]
    public async Task Knocking_is_refused_where_the_join_rule_does_not_say_so()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (await bob.Post($"/v3/knock/{await alice.CreateRoom()}")).Fails(403, "M_FORBIDDEN");
        (await bob.Post($"/v3/knock/{await alice.CreatePublicRoom()}")).Fails(403, "M_FORBIDDEN");
        (await bob.Post($"/v3/knock/{"!nothing:localhost"}")).FailsWithOneOf(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task The_banned_and_the_joined_cannot_knock()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await KnockableRoom(alice, "knock");
        (await alice.Post($"/v3/rooms/{room}/ban", new { user_id = bob.UserId })).Ok();
        (await bob.Post($"/v3/knock/{room}")).Fails(403, "M_FORBIDDEN");
        (await alice.Post($"/v3/knock/{room}")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_knocker_cannot_join_without_an_invite()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await KnockableRoom(alice, "knock");
        (await bob.Post($"/v3/knock/{room}")).Ok();
        (await bob.Post($"/v3/join/{room}")).Fails(403, "M_FORBIDDEN");
    }

    [Theory]
    [InlineData("8", "restricted")]
    [InlineData("9", "restricted")]
    [InlineData("10", "knock_restricted")]
    [InlineData("11", "restricted")]
    [InlineData("12", "restricted")]
    public async Task A_restricted_room_takes_members_of_the_allowed_room_only(string version, string rule)
    {
        TestClient alice = await User();
        TestClient bob = await User();
        TestClient carol = await User();
        string space = await alice.CreatePublicRoom();
        string room = await RestrictedRoom(alice, version, rule, space);
        (await bob.Post($"/v3/join/{room}")).Fails(403, "M_FORBIDDEN");
        await bob.Join(space);
        await bob.Join(room);
        JsonElement member = await alice.State(room, "m.room.member", bob.UserId);
        Assert.Equal(alice.UserId, member.Str("join_authorised_via_users_server"));
        await alice.Invite(room, carol);
        await carol.Join(room);
        Assert.Equal("join", await alice.MembershipOf(room, carol));
    }

    [Fact]
    public async Task Leaving_the_allowed_room_ends_the_right_to_come_back_but_not_the_membership()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string space = await alice.CreatePublicRoom();
        string room = await RestrictedRoom(alice, "11", "restricted", space);
        await bob.Join(space);
        await bob.Join(room);
        await bob.Leave(space);
        await bob.Say(room, "still here");
        await bob.Leave(room);
        (await bob.Post($"/v3/join/{room}")).Fails(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_knock_restricted_room_can_be_knocked_on()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string space = await alice.CreateRoom();
        string room = await RestrictedRoom(alice, "10", "knock_restricted", space);
        (await bob.Post($"/v3/join/{room}")).Fails(403, "M_FORBIDDEN");
        (await bob.Post($"/v3/knock/{room}")).Ok();
        Assert.Equal("knock", await alice.MembershipOf(room, bob));
    }

    private static Task<string> KnockableRoom(TestClient owner, string rule) =>
        owner.CreateRoom(new { initial_state = new object[] { new { type = "m.room.join_rules", state_key = "", content = new { join_rule = rule } } } });

    private static Task<string> RestrictedRoom(TestClient owner, string version, string rule, string allowed) => owner.CreateRoom(new
    {
        room_version = version,
        initial_state = new object[]
        {
            new { type = "m.room.join_rules", state_key = "", content = new { join_rule = rule, allow = new object[] { new { type = "m.room_membership", room_id = allowed } } } },
        },
    });
}

/// <inheritdoc/>
public sealed class KnockAndRestrictedJoinOnSqlite(SqliteServer server) : KnockAndRestrictedJoinTests(server);

/// <inheritdoc/>
public sealed class KnockAndRestrictedJoinOnPostgres(PostgresServer server) : KnockAndRestrictedJoinTests(server);
