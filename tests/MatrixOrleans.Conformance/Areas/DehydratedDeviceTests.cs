using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>A device that is left behind to receive room keys (MSC3814).</summary>
public abstract class DehydratedDeviceTests(SharedServer server) : ConformanceTest(server)
{
    private readonly KeyPair _device = new();

    [Fact]
    public async Task A_dehydrated_device_receives_what_a_new_one_takes_up()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        await bob.Join(await alice.CreatePublicRoom());
        (await Get(alice)).Fails(404, "M_NOT_FOUND");
        string since = await bob.SyncToken();
        Assert.Equal("SLEEPER", (await Put(alice, "SLEEPER")).Ok().Str("device_id"));
        JsonElement device = (await Get(alice)).Ok();
        Assert.Equal(("SLEEPER", "pickle"), (device.Str("device_id"), device.Str("device_data", "device_pickle")));

        // Others see it, and send to it like to any other device.
        await bob.SyncUntil(since, s => s.List("device_lists", "changed").Length > 0);
        Dictionary<string, string[]> device_keys = new() { [alice.UserId] = [] };
        JsonElement keys = (await bob.Post($"/v3/keys/query", new { device_keys })).Ok();
        Assert.Equal("Dehydrated", keys.Str("device_keys", alice.UserId, "SLEEPER", "unsigned", "device_display_name"));
        Dictionary<string, object> one_time_keys = new() { [alice.UserId] = new Dictionary<string, string> { ["SLEEPER"] = "signed_curve25519" } };
        Assert.Equal(["signed_curve25519:A"], (await bob.Post($"/v3/keys/claim", new { one_time_keys })).Ok().Keys("one_time_keys", alice.UserId, "SLEEPER"));
        for (int i = 0; i < 3; i++)
        {
            Dictionary<string, object> messages = new() { [alice.UserId] = new Dictionary<string, object> { ["SLEEPER"] = new { number = i } } };
            (await bob.Put($"/v3/sendToDevice/m.test/{bob.NewTxnId()}", new { messages })).Ok();
        }

        JsonElement page = (await alice.Get($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/SLEEPER/events?limit=2")).Ok();
        Assert.Equal([0, 1], Numbers(page));
        page = (await alice.Get($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/SLEEPER/events?limit=2&from={page.Str("next_batch")}")).Ok();
        Assert.Equal([2], Numbers(page));
        page = (await alice.Get($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/SLEEPER/events?from={page.Str("next_batch")}")).Ok();
        Assert.Empty(Numbers(page));
        page = (await alice.Post($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/SLEEPER/events")).Ok();
        Assert.Equal([0, 1, 2], Numbers(page));
        page = (await alice.Post($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/SLEEPER/events", new { next_batch = page.Str("next_batch") })).Ok();
        Assert.Empty(Numbers(page));
        (await alice.Post($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/SLEEPER/events", new { next_batch = "junk" })).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/OTHER/events")).Fails(404, "M_NOT_FOUND");
        (await bob.Get($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/SLEEPER/events")).Fails(404, "M_NOT_FOUND");

        Assert.Equal("SLEEPER", (await alice.Delete($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device")).Ok().Str("device_id"));
        (await alice.Delete($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/devices/SLEEPER")).Fails(404, "M_NOT_FOUND");
        Assert.Empty((await bob.Post($"/v3/keys/query", new { device_keys })).Ok().Keys("device_keys", alice.UserId));
    }

    [Fact]
    public async Task A_user_has_one_and_another_replaces_it()
    {
        TestClient alice = await User();
        (await Put(alice, "ONE")).Ok();
        (await Put(alice, "TWO")).Ok();
        Assert.Equal("TWO", (await Get(alice)).Ok().Str("device_id"));
        (await alice.Get($"/v3/devices/ONE")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/devices/TWO")).Ok();
        (await Put(alice, "TWO")).Ok();
        (await Put(alice, alice.DeviceId)).Fails(400, "M_INVALID_PARAM");
        (await alice.Get($"/v3/account/whoami")).Ok();
        Assert.Equal("TWO", (await Get(alice)).Ok().Str("device_id"));
    }

    [Fact]
    public async Task A_malformed_one_is_refused_whole()
    {
        TestClient alice = await User();
        object device_data = new { algorithm = "a" };
        (await Put(alice, new { device_data, device_keys = _device.Device(alice.UserId, "D") })).Fails(400, "M_MISSING_PARAM");
        (await Put(alice, new { device_id = "D", device_keys = _device.Device(alice.UserId, "D") })).Fails(400, "M_MISSING_PARAM");
        (await Put(alice, new { device_id = "D", device_data })).Fails(400, "M_MISSING_PARAM");
        (await Put(alice, new { device_id = "D", device_data = 5, device_keys = _device.Device(alice.UserId, "D") })).Fails(400, "M_BAD_JSON");
        (await Put(alice, new { device_id = "D", device_data, device_keys = _device.Device(alice.UserId, "E") })).Fails(400, "M_INVALID_PARAM");
        (await Get(alice)).Fails(404, "M_NOT_FOUND");
        Assert.Single((await alice.Get($"/v3/devices")).Ok().List("devices"));
    }

    private Task<Answer> Put(TestClient client, string device) => Put(client, new
    {
        device_id = device,
        initial_device_display_name = "Dehydrated",
        device_data = new { algorithm = "org.matrix.msc3814.v2", device_pickle = "pickle", nonce = "n" },
        device_keys = _device.Device(client.UserId, device),
        one_time_keys = new Dictionary<string, object> { ["signed_curve25519:A"] = new { key = "a", signatures = new JsonObject() } },
        fallback_keys = new Dictionary<string, object> { ["signed_curve25519:F"] = new { key = "f", signatures = new JsonObject() } },
    });

    private static Task<Answer> Put(TestClient client, object body) => client.Put($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device", body);

    private static Task<Answer> Get(TestClient client) => client.Get($"/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device");

    private static long[] Numbers(JsonElement page) => [.. page.List("events").Select(message => message.Int("content", "number"))];
}

/// <inheritdoc/>
public sealed class DehydratedDevicesOnSqlite(SqliteServer server) : DehydratedDeviceTests(server);

/// <inheritdoc/>
public sealed class DehydratedDevicesOnPostgres(PostgresServer server) : DehydratedDeviceTests(server);
