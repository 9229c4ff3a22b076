using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Federation;

/// <summary>What goes between two servers of a room beside its events.</summary>
public sealed class SharedRoomTests(FederatedServers servers) : IClassFixture<FederatedServers>, IDisposable
{
    public void Dispose() => servers.AssertNoViolations();

    [Fact]
    public async Task Typing_and_receipts_are_seen_on_the_other_server()
    {
        (TestClient alice, TestClient bob, string room) = await Room();
        string bobs = await bob.SyncToken();
        (await alice.Put($"/v3/rooms/{room}/typing/{alice.UserId}", new { typing = true, timeout = 20000 })).Ok();
        JsonElement sync = await bob.SyncUntil(bobs, s => Typing(s, room).Contains(alice.UserId));
        (await alice.Put($"/v3/rooms/{room}/typing/{alice.UserId}", new { typing = false })).Ok();
        await bob.SyncUntil(sync.Str("next_batch"), s => s.Ephemeral(room).Any(e => e.Str("type") == "m.typing") && !Typing(s, room).Contains(alice.UserId));

        string said = await alice.Say(room, "read me");
        await bob.SyncUntilEvent(bobs, room, said);
        string alices = await alice.SyncToken();
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read.private/{said}")).Ok();
        (await bob.Post($"/v3/rooms/{room}/receipt/m.read/{said}")).Ok();
        JsonElement read = await alice.SyncUntil(alices, s => s.Ephemeral(room).Any(e => e.Str("type") == "m.receipt"));
        JsonElement receipt = read.Ephemeral(room).Single(e => e.Str("type") == "m.receipt").GetProperty("content");
        Assert.Equal(["m.read"], receipt.Keys(said));
        Assert.Equal([bob.UserId], receipt.Keys(said, "m.read"));
    }

    [Fact]
    public async Task A_new_device_is_told_to_the_other_server_and_its_keys_are_current()
    {
        (TestClient alice, TestClient bob, string room) = await Room();
        await Upload(bob, new KeyPair());
        string alices = await alice.SyncToken();
        Assert.Equal([bob.DeviceId], (await Keys(alice, bob)).Keys("device_keys", bob.UserId));
        TestClient phone = await bob.SecondDevice();
        await Upload(phone, new KeyPair());
        string since = await UntilKeys(alice, alices, bob, keys => keys.Keys().Order().SequenceEqual(new[] { bob.DeviceId, phone.DeviceId }.Order()));

        // Another key of the same device, then its end: each is heard of, and the list that is kept follows.
        KeyPair second = new();
        await Upload(phone, second);
        since = await UntilKeys(alice, since, bob, keys => keys.Has(phone.DeviceId) && keys.Str(phone.DeviceId, "keys", "ed25519:" + phone.DeviceId) == second.PublicKey);
        (await phone.Post($"/v3/logout")).Ok();
        await UntilKeys(alice, since, bob, keys => keys.Keys().SequenceEqual([bob.DeviceId]));
    }

    [Fact]
    public async Task Messages_to_all_devices_of_a_user_elsewhere_arrive_at_each()
    {
        (TestClient alice, TestClient bob, _) = await Room();
        TestClient phone = await bob.SecondDevice();
        Dictionary<string, object> messages = new() { [bob.UserId] = new Dictionary<string, object> { ["*"] = new { n = 1 } } };
        string[] tokens = [await bob.SyncToken(), await phone.SyncToken()];
        (await alice.Put($"/v3/sendToDevice/m.test/{alice.NewTxnId()}", new { messages })).Ok();
        foreach ((TestClient device, string token) in new[] { (bob, tokens[0]), (phone, tokens[1]) })
        {
            JsonElement sync = await device.SyncUntil(token, s => s.List("to_device", "events").Length > 0);
            JsonElement message = Assert.Single(sync.List("to_device", "events"));
            Assert.Equal(alice.UserId, message.Str("sender"));
            Assert.Equal(1, message.Int("content", "n"));
        }
    }

    [Fact]
    public async Task Presence_is_seen_on_the_other_server_from_the_join_on()
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        await Be(alice, "online", "before you came");
        string room = await alice.CreatePublicRoom();
        string bobs = await bob.SyncToken();
        (await bob.Post($"/v3/join/{room}?via={servers.One.Name}")).Ok();
        JsonElement sync = await bob.SyncUntil(bobs, s => Presence(s, alice).Any(e => e.Str("content", "status_msg") == "before you came"));
        Assert.Equal("online", Presence(sync, alice).Single().Str("content", "presence"));
        Assert.True(Presence(sync, alice).Single().At("content").Has("last_active_ago"));
    }

    [Fact]
    public async Task Changes_of_presence_are_seen_on_the_other_server()
    {
        (TestClient alice, TestClient bob, _) = await Room();
        string alices = await alice.SyncToken();
        await Be(bob, "unavailable", "at lunch");
        JsonElement sync = await alice.SyncUntil(alices, s => Presence(s, bob).Any(e => e.Str("content", "status_msg") == "at lunch"));
        Assert.Equal("unavailable", Presence(sync, bob).Single().Str("content", "presence"));
        Assert.Equal("at lunch", (await alice.Get($"/v3/presence/{bob.UserId}/status")).Ok().Str("status_msg"));

        await Be(bob, "offline", null);
        await alice.SyncUntil(sync.Str("next_batch"), s => Presence(s, bob).Any(e => e.Str("content", "presence") == "offline"));
    }

    private static async Task Be(TestClient user, string presence, string? status)
    {
        (await user.Put($"/v3/presence/{user.UserId}/status", new { presence, status_msg = status ?? "" })).Ok();
    }

    private static IEnumerable<JsonElement> Presence(JsonElement sync, TestClient of) =>
        sync.List("presence", "events").Where(e => e.Str("sender") == of.UserId);

    private static IEnumerable<string> Typing(JsonElement sync, string room) =>
        sync.Ephemeral(room).Where(e => e.Str("type") == "m.typing").SelectMany(e => e.List("content", "user_ids")).Select(user => user.GetString()!);

    private static async Task<JsonElement> Keys(TestClient asker, TestClient of) =>
        (await asker.Post($"/v3/keys/query", new { device_keys = new Dictionary<string, string[]> { [of.UserId] = [] } })).Ok();

    /// <summary>Looks at a user's keys whenever a sync says that they changed, until they are as they should be.</summary>
    private static async Task<string> UntilKeys(TestClient asker, string since, TestClient of, Func<JsonElement, bool> isRight)
    {
        while (true)
        {
            since = (await asker.SyncUntil(since, s => s.List("device_lists", "changed").Any(user => user.GetString() == of.UserId))).Str("next_batch");
            if (isRight((await Keys(asker, of)).At("device_keys", of.UserId)))
            {
                return since;
            }
        }
    }

    private static async Task Upload(TestClient device, KeyPair pair)
    {
        (await device.Post($"/v3/keys/upload", new { device_keys = pair.Device(device) })).Ok();
    }

    private async Task<(TestClient Alice, TestClient Bob, string Room)> Room()
    {
        TestClient alice = await servers.One.User("alice");
        TestClient bob = await servers.Two.User("bob");
        string room = await alice.CreatePublicRoom();
        (await bob.Post($"/v3/join/{room}?via={servers.One.Name}")).Ok();
        string alices = await alice.SyncToken();
        await alice.SyncUntilEvent(alices, room, await bob.Say(room, "I am here"));
        return (alice, bob, room);
    }
}
