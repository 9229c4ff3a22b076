using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Keys of devices: uploads, queries, claims, and what sync tells of the supply.</summary>
public abstract class DeviceKeyTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task Uploaded_identity_keys_can_be_queried()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (await alice.Post($"/v3/keys/upload", new { device_keys = Identity(alice) })).Ok();
        (await alice.Put($"/v3/devices/{alice.DeviceId}", new { display_name = "Phone" })).Ok();
        Dictionary<string, string[]> device_keys = new() { [alice.UserId] = [] };
        JsonElement keys = (await bob.Post($"/v3/keys/query", new { device_keys })).Ok().At("device_keys", alice.UserId, alice.DeviceId);
        Assert.Equal("identity", keys.Str("keys", $"curve25519:{alice.DeviceId}"));
        Assert.Equal("Phone", keys.Str("unsigned", "device_display_name"));
    }

    [Fact]
    public async Task A_one_time_key_is_claimed_once_and_sync_counts_what_is_left()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        JsonElement counts = (await alice.Post($"/v3/keys/upload", new { one_time_keys = Keys("A"), fallback_keys = Keys("F") })).Ok();
        Assert.Equal(1, counts.Int("one_time_key_counts", "signed_curve25519"));
        JsonElement sync = await alice.Sync();
        Assert.Equal(1, sync.Int("device_one_time_keys_count", "signed_curve25519"));
        Assert.Single(sync.List("device_unused_fallback_key_types"));
        Assert.Equal("signed_curve25519:A", await Claim(bob, alice));
        sync = await alice.SyncUntil(sync.Str("next_batch"), s => s.Int("device_one_time_keys_count", "signed_curve25519") == 0);
        Assert.Single(sync.List("device_unused_fallback_key_types"));
        Assert.Equal("signed_curve25519:F", await Claim(bob, alice));
        Assert.Equal("signed_curve25519:F", await Claim(bob, alice));
        await alice.SyncUntil(sync.Str("next_batch"), s => s.List("device_unused_fallback_key_types").Length == 0);
    }

    [Fact]
    public async Task Claims_at_the_same_time_get_different_keys()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        (await alice.Post($"/v3/keys/upload", new { one_time_keys = Keys("A", "B", "C", "D", "E") })).Ok();
        string?[] claims = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Claim(bob, alice)));
        Assert.Equal(5, claims.Distinct().Count());
        Assert.All(claims, claim => Assert.NotNull(claim));
        Assert.Null(await Claim(bob, alice));
    }

    [Fact]
    public async Task A_malformed_upload_is_refused_whole()
    {
        TestClient alice = await User();
        (await alice.Post($"/v3/keys/upload", new { one_time_keys = Keys("A"), device_keys = 5 })).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v3/keys/upload", new { one_time_keys = new Dictionary<string, object> { ["A"] = 5 } })).Fails(400, "M_BAD_JSON");
        TestClient bob = await User();
        (await alice.Post($"/v3/keys/upload", new { one_time_keys = Keys("A"), device_keys = Identity(bob) })).Fails(400, "M_INVALID_PARAM");
        System.Text.Json.Nodes.JsonObject forged = Device.Device(alice);
        forged["algorithms"] = new System.Text.Json.Nodes.JsonArray("m.other");
        (await alice.Post($"/v3/keys/upload", new { one_time_keys = Keys("A"), device_keys = forged })).Fails(400, "M_INVALID_SIGNATURE");
        Assert.Equal(0, (await alice.Post($"/v3/keys/upload", new { })).Ok().Int("one_time_key_counts", "signed_curve25519"));
        (await alice.Post($"/v3/keys/query", new { device_keys = new Dictionary<string, object> { [bob.UserId] = "all" } })).Fails(400, "M_BAD_JSON");
    }

    private static async Task<string?> Claim(TestClient client, TestClient from)
    {
        Dictionary<string, object> one_time_keys = new() { [from.UserId] = new Dictionary<string, string> { [from.DeviceId] = "signed_curve25519" } };
        JsonElement answer = (await client.Post($"/v3/keys/claim", new { one_time_keys })).Ok();
        return answer.Keys("one_time_keys", from.UserId, from.DeviceId).SingleOrDefault();
    }

    private static readonly KeyPair Device = new();

    private static object Identity(TestClient client) => Device.Device(client);

    private static Dictionary<string, object> Keys(params string[] ids) => ids.ToDictionary(
        id => $"signed_curve25519:{id}",
        id => (object)new { key = $"key{id}", signatures = new Dictionary<string, object>() });
}

/// <inheritdoc/>
public sealed class DeviceKeysOnSqlite(SqliteServer server) : DeviceKeyTests(server);

/// <inheritdoc/>
public sealed class DeviceKeysOnPostgres(PostgresServer server) : DeviceKeyTests(server);
