using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Presence: set by hand, told by syncs, seen by those who share a room.</summary>
public abstract class PresenceTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task A_presence_that_is_set_can_be_read()
    {
        TestClient alice = await User("alice");
        (await alice.Put($"/v3/presence/{alice.UserId}/status", new { presence = "unavailable", status_msg = "at lunch" })).Ok();
        JsonElement status = (await alice.Get($"/v3/presence/{alice.UserId}/status")).Ok();
        Assert.Equal("unavailable", status.Str("presence"));
        Assert.Equal("at lunch", status.Str("status_msg"));
        Assert.InRange(status.Int("last_active_ago"), 0, 60_000);
        (await alice.Put($"/v3/presence/{alice.UserId}/status", new { presence = "online" })).Ok();
        status = (await alice.Get($"/v3/presence/{alice.UserId}/status")).Ok();
        Assert.Equal("online", status.Str("presence"));
        Assert.False(status.Has("status_msg"));
    }

    [Fact]
    public async Task A_sync_shows_who_syncs_as_online_to_himself_and_to_others()
    {
        (TestClient alice, TestClient bob, _) = await TwoInARoom();
        JsonElement own = await alice.Sync();
        Assert.Equal("online", Of(own, alice)!.Value.Str("content", "presence"));
        string token = own.Str("next_batch");
        await bob.Sync();
        JsonElement sync = await alice.SyncUntil(token, s => Of(s, bob) is not null);
        Assert.Equal("online", Of(sync, bob)!.Value.Str("content", "presence"));
        Assert.True(Of(sync, bob)!.Value.Bool("content", "currently_active"));
    }

    [Fact]
    public async Task A_sync_that_asks_to_be_offline_does_not_show_the_user_and_leaves_what_he_set()
    {
        (TestClient alice, TestClient bob, _) = await TwoInARoom();
        string token = await alice.SyncToken();
        string bobs = (await bob.Get($"/v3/sync?set_presence=offline")).Ok().Str("next_batch");
        Assert.Equal("offline", (await alice.Get($"/v3/presence/{bob.UserId}/status")).Ok().Str("presence"));
        (await bob.Put($"/v3/presence/{bob.UserId}/status", new { presence = "unavailable", status_msg = "lunch" })).Ok();
        JsonElement own = (await bob.Get($"/v3/sync?set_presence=offline&since={bobs}")).Ok();
        Assert.Equal("lunch", Of(own, bob)!.Value.Str("content", "status_msg"));
        JsonElement sync = await alice.SyncUntil(token, s => Of(s, bob) is not null);
        Assert.Equal("unavailable", Of(sync, bob)!.Value.Str("content", "presence"));
        (await bob.Put($"/v3/presence/{bob.UserId}/status", new { presence = "offline" })).Ok();
        sync = await alice.SyncUntil(sync.Str("next_batch"), s => Of(s, bob) is not null);
        Assert.Equal("offline", Of(sync, bob)!.Value.Str("content", "presence"));
    }

    [Fact]
    public async Task A_member_who_comes_is_shown_and_sees_who_is_there()
    {
        TestClient alice = await User("alice");
        TestClient bob = await User("bob");
        string room = await alice.CreatePublicRoom();
        (await alice.Put($"/v3/presence/{alice.UserId}/status", new { presence = "online", status_msg = "here" })).Ok();
        (await bob.Put($"/v3/presence/{bob.UserId}/status", new { presence = "online", status_msg = "new" })).Ok();
        string alices = await alice.SyncToken();
        string bobs = await bob.SyncToken();
        await bob.Join(room);
        JsonElement sync = await alice.SyncUntil(alices, s => Of(s, bob) is not null);
        Assert.Equal("new", Of(sync, bob)!.Value.Str("content", "status_msg"));
        sync = await bob.SyncUntil(bobs, s => Of(s, alice) is not null);
        Assert.Equal("here", Of(sync, alice)!.Value.Str("content", "status_msg"));
        JsonElement[] listed = (await bob.Get($"/v3/rooms/{room}/initialSync")).Ok().List("presence");
        Assert.Contains(listed, e => e.Str("sender") == alice.UserId);
    }

    [Fact]
    public async Task A_filter_leaves_presence_out()
    {
        (TestClient alice, TestClient bob, _) = await TwoInARoom();
        await bob.Sync();
        JsonElement sync = await alice.Sync(filter: """{"presence":{"types":[]}}""");
        Assert.False(sync.Has("presence"));
        sync = await alice.Sync(filter: $$$"""{"presence":{"not_senders":["{{{bob.UserId}}}"]}}""");
        Assert.Null(Of(sync, bob));
    }

    [Fact]
    public async Task Presence_of_strangers_is_hidden_and_that_of_others_cannot_be_set()
    {
        TestClient alice = await User("alice");
        TestClient bob = await User("bob");
        (await alice.Get($"/v3/presence/{bob.UserId}/status")).Fails(403, "M_FORBIDDEN");
        (await alice.Put($"/v3/presence/{bob.UserId}/status", new { presence = "online" })).Fails(403, "M_FORBIDDEN");
        await bob.Sync();
        Assert.Null(Of(await alice.Sync(), bob));
    }

    [Fact]
    public async Task What_is_no_presence_is_refused()
    {
        TestClient alice = await User("alice");
        (await alice.Put($"/v3/presence/{alice.UserId}/status", new { })).FailsWithOneOf(400, "M_MISSING_PARAM", "M_BAD_JSON");
        (await alice.Put($"/v3/presence/{alice.UserId}/status", new { presence = "asleep" })).FailsWithOneOf(400, "M_INVALID_PARAM", "M_BAD_JSON");
        (await alice.Put($"/v3/presence/{alice.UserId}/status", new { presence = 1 })).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/presence/{alice.UserId}/status", new { presence = "online", status_msg = new string('x', 5000) })).FailsWithOneOf(400, "M_INVALID_PARAM", "M_TOO_LARGE");
        (await alice.Get($"/v3/sync?set_presence=asleep")).Fails(400, "M_INVALID_PARAM");
    }

    private static JsonElement? Of(JsonElement sync, TestClient user)
    {
        JsonElement[] found = [.. sync.List("presence", "events").Where(e => e.Str("sender") == user.UserId)];
        return found.Length == 0 ? null : found[^1];
    }

    private async Task<(TestClient Alice, TestClient Bob, string Room)> TwoInARoom()
    {
        TestClient alice = await User("alice");
        TestClient bob = await User("bob");
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        return (alice, bob, room);
    }
}

/// <inheritdoc/>
public sealed class PresenceOnSqlite(SqliteServer server) : PresenceTests(server);

/// <inheritdoc/>
public sealed class PresenceOnPostgres(PostgresServer server) : PresenceTests(server);
