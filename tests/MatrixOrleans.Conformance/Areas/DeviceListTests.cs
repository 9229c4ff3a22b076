using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Whose devices a client must look at: in sync and in <c>/keys/changes</c>.</summary>
public abstract class DeviceListTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_renamed_device_is_told_to_who_shares_a_room()
    {
        (TestClient alice, TestClient bob, _) = await TwoInARoom();
        string since = await bob.SyncToken();
        (await alice.Put($"/v3/devices/{alice.DeviceId}", new { display_name = "New" })).Ok();
        JsonElement sync = await bob.SyncUntil(since, s => s.List("device_lists", "changed").Length > 0);
        Assert.Equal([alice.UserId], sync.List("device_lists", "changed").Select(user => user.GetString()));
        JsonElement changes = (await bob.Get($"/v3/keys/changes?from={since}&to={sync.Str("next_batch")}")).Ok();
        Assert.Equal([alice.UserId], changes.List("changed").Select(user => user.GetString()));
        Assert.Empty(changes.List("left"));
    }

    [Fact]
    public async Task Who_leaves_the_last_shared_room_has_left()
    {
        (TestClient alice, TestClient bob, string room) = await TwoInARoom();
        string since = await bob.SyncToken();
        (await alice.Post($"/v3/rooms/{room}/leave")).Ok();
        JsonElement sync = await bob.SyncUntil(since, s => s.List("device_lists", "left").Length > 0);
        Assert.Equal([alice.UserId], sync.List("device_lists", "left").Select(user => user.GetString()));
    }

    [Fact]
    public async Task Junk_is_no_token_for_keys_changes()
    {
        TestClient alice = await User();
        (await alice.Get($"/v3/keys/changes?from=junk&to=junk")).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/v3/keys/changes")).Fails(400, "M_MISSING_PARAM");
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
}

/// <inheritdoc/>
public sealed class DeviceListsOnSqlite(SqliteServer server) : DeviceListTests(server);

/// <inheritdoc/>
public sealed class DeviceListsOnPostgres(PostgresServer server) : DeviceListTests(server);
