using System.Text.Json;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;
using MatrixOrleans.Storage.Accounts;

namespace MatrixOrleans.Server.Tests.Encryption;

[Collection(ReadingCollection.Name)]
public sealed class DeviceKeyTests(ReadingFixture fixture)
{
    private static int _users;
    private readonly RoomServer _server = fixture.Server;
    private readonly UserId _alice = RoomServer.User($"keys{Interlocked.Increment(ref _users)}");
    private readonly UserId _bob = RoomServer.User($"claims{Interlocked.Increment(ref _users)}");

    [Fact]
    public async Task One_time_keys_are_claimed_once_in_the_order_of_uploads_and_then_the_fallback_key()
    {
        await Device();
        await Upload(new { one_time_keys = Keys("Z") });
        await Upload(new { one_time_keys = Keys("A", "B") });
        await Upload(new { fallback_keys = Keys("Z") });
        Assert.Equal("signed_curve25519:Z", await Claim());
        Assert.Equal(["signed_curve25519:A", "signed_curve25519:B"], new[] { await Claim(), await Claim() }.Order());
        Assert.Equal("signed_curve25519:Z", await Claim());
        Assert.Equal("signed_curve25519:Z", await Claim());
    }

    [Fact]
    public async Task Claims_at_the_same_time_never_get_the_same_key()
    {
        await Device();
        await Upload(new { one_time_keys = Keys([.. Enumerable.Range(0, 40).Select(i => $"K{i}")]) });
        var claims = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Claim()));
        Assert.Equal(40, claims.OfType<string>().Distinct().Count());
        Assert.Equal(10, claims.Count(claim => claim is null));
    }

    [Fact]
    public async Task A_key_id_in_use_for_another_key_refuses_the_whole_upload()
    {
        await Device();
        await Upload(new { one_time_keys = Keys("A") });
        await Upload(new { one_time_keys = Keys("A") });
        var other = new Dictionary<string, object> { ["signed_curve25519:A"] = new { key = "other" }, ["signed_curve25519:B"] = new { key = "b" } };
        await Refused(MatrixError.InvalidParam, new { one_time_keys = other });
        Assert.Equal("signed_curve25519:A", await Claim());
        Assert.Null(await Claim());
    }

    [Fact]
    public async Task A_malformed_upload_is_refused_whole()
    {
        await Device();
        await Refused(MatrixError.BadJson, new { one_time_keys = new Dictionary<string, object> { ["signed_curve25519:A"] = new { key = "a" }, ["nocolon"] = "x" } });
        await Refused(MatrixError.BadJson, new { one_time_keys = Keys("A"), fallback_keys = Keys("A", "B") });
        await Refused(MatrixError.BadJson, new { one_time_keys = Keys("A"), device_keys = new { user_id = _alice.Value, device_id = "PHONE" } });
        await Refused(MatrixError.InvalidParam, new { one_time_keys = Keys("A"), device_keys = Identity("LAPTOP") });
        await Refused(MatrixError.InvalidSignature, new { one_time_keys = Keys("A"), device_keys = Unsigned() });
        await Refused(MatrixError.BadJson, new { one_time_keys = new Dictionary<string, object> { ["signed_curve25519:A"] = "text" } });
        Assert.Null(await Claim());
    }

    [Fact]
    public async Task Sync_tells_the_supply_without_the_database_until_it_changes()
    {
        await Device();
        var first = await Sync(null);
        Assert.Equal((0, ""), Supply(first));
        await Upload(new { one_time_keys = Keys("A", "B"), fallback_keys = Keys("F") });
        var second = await Sync(Next(first));
        Assert.Equal((2, "signed_curve25519"), Supply(second));
        var third = await Sync(Next(second));
        await _server.WithoutReads(async () => third = await Sync(Next(third)));

        var waiting = Sync(Next(third), waitMs: 8000);
        await Claim();
        var fourth = await waiting;
        Assert.Equal((1, "signed_curve25519"), Supply(fourth));
        await Claim();
        await Claim();
        Assert.Equal((0, ""), Supply(await Sync(Next(fourth))));
        await Upload(new { fallback_keys = Keys("G") });
        Assert.Equal((0, "signed_curve25519"), Supply(await Sync(Next(fourth))));
    }

    [Fact]
    public async Task Identity_keys_are_answered_with_the_devices_name_and_die_with_the_device()
    {
        await Device();
        await Upload(new { device_keys = Identity("PHONE") });
        var keys = (await Query()).GetProperty("device_keys").GetProperty(_alice.Value).GetProperty("PHONE");
        Assert.Equal("k1", keys.GetProperty("keys").GetProperty("curve25519:PHONE").GetString());
        Assert.Equal("Alice's phone", keys.GetProperty("unsigned").GetProperty("device_display_name").GetString());
        Assert.Empty((await Query("LAPTOP")).GetProperty("device_keys").GetProperty(_alice.Value).EnumerateObject());
        await _server.Database.Devices.Remove(_alice, ["PHONE"]);
        Assert.Empty((await Query()).GetProperty("device_keys").GetProperty(_alice.Value).EnumerateObject());
    }

    [Fact]
    public async Task Other_servers_count_as_out_of_reach()
    {
        var far = UserId.Parse("@far:elsewhere.test");
        var answer = RoomServer.Json(await Grain(_bob).Query(new Dictionary<UserId, IReadOnlyList<string>> { [far] = [] }));
        Assert.True(answer.GetProperty("failures").TryGetProperty("elsewhere.test", out _));
        Assert.Empty(answer.GetProperty("device_keys").EnumerateObject());
    }

    private IDeviceKeysGrain Grain(UserId user) => _server.Grains.GetGrain<IDeviceKeysGrain>(user.Value);

    private Task Device() => _server.Database.Devices.Put(new DeviceRow(_alice, "PHONE", "Alice's phone", 1));

    private async Task<JsonElement> Upload(object body) => RoomServer.Json(await Grain(_alice).Upload("PHONE", RoomServer.Utf8(body)));

    private async Task Refused(MatrixError error, object body) =>
        Assert.Equal(error.Code, (await Assert.ThrowsAsync<MatrixException>(() => Upload(body))).Code.Code);

    private async Task<JsonElement> Query(params string[] devices) =>
        RoomServer.Json(await Grain(_bob).Query(new Dictionary<UserId, IReadOnlyList<string>> { [_alice] = devices }));

    private async Task<string?> Claim()
    {
        var answer = RoomServer.Json(await Grain(_bob).Claim([new OneTimeKeyWanted(_alice, "PHONE", "signed_curve25519")])).GetProperty("one_time_keys");
        return answer.TryGetProperty(_alice.Value, out var devices) ? devices.GetProperty("PHONE").EnumerateObject().Single().Name : null;
    }

    private async Task<JsonElement> Sync(string? since, int waitMs = 0) => RoomServer.Json(
        (await _server.Grains.GetGrain<IUserSyncGrain>(_alice.Value).Sync(
            new SyncRequest { DeviceId = "PHONE", Since = since, WaitMs = waitMs }, TestContext.Current.CancellationToken)).Body);

    private static (int OneTime, string Fallbacks) Supply(JsonElement sync) => (
        sync.GetProperty("device_one_time_keys_count").GetProperty("signed_curve25519").GetInt32(),
        string.Join(",", sync.GetProperty("device_unused_fallback_key_types").EnumerateArray().Select(type => type.GetString())));

    /// <summary>Keys whose signature is of something else.</summary>
    private System.Text.Json.Nodes.JsonNode Unsigned()
    {
        var keys = JsonSerializer.SerializeToNode(Identity("PHONE"))!;
        keys["algorithms"] = new System.Text.Json.Nodes.JsonArray("m.other");
        return keys;
    }

    private object Identity(string device) => DeviceSigning.Identity(_alice, device);

    private static Dictionary<string, object> Keys(params string[] ids) => ids.ToDictionary(id => $"signed_curve25519:{id}", id => (object)new { key = $"key {id}" });

    private static string Next(JsonElement answer) => answer.GetProperty("next_batch").GetString()!;
}
