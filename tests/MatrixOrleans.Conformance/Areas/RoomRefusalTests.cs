using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>What rooms and their directory refuse, each with its own error.</summary>
public abstract class RoomRefusalTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task Canonical_aliases_must_be_aliases_and_lead_to_the_room()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        string other = await alice.CreateRoom();
        string alias = $"#canonical-{Guid.NewGuid():N}:localhost";
        (await alice.Put($"/v3/directory/room/{alias}", new { room_id = other })).Ok();
        (await alice.Put($"/v3/rooms/{room}/state/m.room.canonical_alias/", new { alias })).Fails(400, "M_BAD_ALIAS");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.canonical_alias/", new { alt_aliases = new[] { alias } })).Fails(400, "M_BAD_ALIAS");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.canonical_alias/", new { alt_aliases = new[] { "nonsense" } })).Fails(400, "M_INVALID_PARAM");
        await alice.SetState(other, "m.room.canonical_alias", new { alias });
        (await alice.Delete($"/v3/directory/room/{alias}")).Ok();
        Assert.False((await alice.State(other, "m.room.canonical_alias")).Has("alias"));
    }

    [Fact]
    public async Task Who_blocks_invites_gets_none()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreateRoom();
        (await bob.Put($"/v3/user/{bob.UserId}/account_data/m.invite_permission_config", new { default_action = "block" })).Ok();
        (await alice.Post($"/v3/rooms/{room}/invite", new { user_id = bob.UserId })).Fails(403, "M_INVITE_BLOCKED");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.member/{bob.UserId}", new { membership = "invite" })).Fails(403, "M_INVITE_BLOCKED");
        (await alice.Post($"/v3/createRoom", new { invite = new[] { bob.UserId } })).Fails(403, "M_INVITE_BLOCKED");
        (await bob.Put($"/v3/user/{bob.UserId}/account_data/m.invite_permission_config", new { })).Ok();
        await alice.Invite(room, bob);
    }

    [Fact]
    public async Task Identity_servers_are_not_trusted()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom();
        var invitation = new { id_server = "id.example", id_access_token = "t", medium = "email", address = "bob@example.org" };
        (await alice.Post($"/v3/rooms/{room}/invite", invitation)).Fails(403, "M_SERVER_NOT_TRUSTED");
        (await alice.Post($"/v3/createRoom", new { invite_3pid = new[] { invitation } })).Fails(403, "M_SERVER_NOT_TRUSTED");
    }

    [Fact]
    public async Task Power_levels_that_are_no_integers_are_M_BAD_JSON()
    {
        TestClient alice = await User();
        string room = await alice.CreateRoom(new { room_version = "11" });
        (await alice.Put($"/v3/rooms/{room}/state/m.room.power_levels/", new { users = new Dictionary<string, string> { [alice.UserId] = "100" } })).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.power_levels/", new { users = new Dictionary<string, int> { ["alice"] = 100 } })).Fails(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task Memberships_put_as_state_are_the_operations_by_another_path()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        await alice.SetState(room, "m.room.member", new { membership = "leave", reason = "out" }, bob.UserId);
        Assert.Equal("leave", await alice.MembershipOf(room, bob));
        await alice.SetState(room, "m.room.member", new { membership = "ban" }, bob.UserId);
        await alice.SetState(room, "m.room.member", new { membership = "leave" }, bob.UserId);
        await bob.Join(room);
        (await bob.Put($"/v3/rooms/{room}/state/m.room.member/{bob.UserId}", new { membership = "joined" })).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.member/{"@nobody:localhost"}", new { membership = "join" })).Fails(403, "M_FORBIDDEN");
        (await alice.Put($"/v3/rooms/{room}/state/m.room.member/{"nobody"}", new { membership = "invite" })).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task Another_servers_directory_and_junk_tokens_are_refused()
    {
        TestClient alice = await User();
        (await alice.Get($"/v3/publicRooms?server=nowhere.example")).Fails(502, "M_UNKNOWN");
        (await alice.Get($"/v3/publicRooms?server={"not a server"}")).Fails(400, "M_INVALID_PARAM");
        (await alice.Post($"/v3/publicRooms", new { since = "junk" })).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/v3/publicRooms?server=localhost")).Ok();
    }
}

/// <inheritdoc/>
public sealed class RoomRefusalOnSqlite(SqliteServer server) : RoomRefusalTests(server);

/// <inheritdoc/>
public sealed class RoomRefusalOnPostgres(PostgresServer server) : RoomRefusalTests(server);
