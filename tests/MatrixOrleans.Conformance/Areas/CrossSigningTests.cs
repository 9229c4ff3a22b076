using System.Text.Json;
using System.Text.Json.Nodes;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Cross-signing: keys, their confirmation, signatures, and who sees them.</summary>
public abstract class CrossSigningTests(SharedServer server) : ConformanceTest(server)
{
    private readonly KeyPair _master = new();
    private readonly KeyPair _self = new();
    private readonly KeyPair _user = new();
    private readonly KeyPair _device = new();

    [Fact]
    public async Task The_first_keys_and_the_same_again_take_no_confirmation_and_others_do()
    {
        TestClient alice = await User();
        (await Upload(alice, Keys(alice))).Ok();
        (await Upload(alice, Keys(alice))).Ok();
        (await Upload(alice, new { self_signing_key = Signed(alice, _self, "self_signing") })).Ok();

        KeyPair other = new();
        JsonObject replacement = other.CrossSigning(alice.UserId, "master");
        Answer challenge = await Upload(alice, new { master_key = replacement });
        Assert.Equal(401, challenge.Status);
        Assert.Contains("m.login.password", challenge.Text, StringComparison.Ordinal);
        Assert.True((await Query(alice, alice)).GetProperty("master_keys").GetProperty(alice.UserId).GetProperty("keys").TryGetProperty(_master.KeyId, out _));
        (await alice.WithPassword(auth => Upload(alice, auth is null ? new { master_key = replacement } : new { master_key = replacement, auth }))).Ok();
        JsonElement keys = await Query(alice, alice);
        Assert.Equal([other.KeyId], keys.Keys("master_keys", alice.UserId, "keys"));

        // Keys that the former master key signed are worth nothing any more.
        Assert.Empty(keys.Keys("self_signing_keys"));
    }

    [Fact]
    public async Task A_new_key_beside_the_same_master_key_takes_confirmation()
    {
        TestClient alice = await User();
        (await Upload(alice, new { master_key = _master.CrossSigning(alice.UserId, "master") })).Ok();
        Assert.Equal(401, (await Upload(alice, Keys(alice))).Status);
        Assert.Empty((await Query(alice, alice)).Keys("self_signing_keys"));
        (await alice.WithPassword(auth => Upload(alice, auth is null ? Keys(alice) : With(Keys(alice), auth)))).Ok();
        Assert.Equal([alice.UserId], (await Query(alice, alice)).Keys("self_signing_keys"));
    }

    [Fact]
    public async Task Bad_keys_are_refused_whole()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        JsonObject master = _master.CrossSigning(alice.UserId, "master");
        (await Upload(alice, new { self_signing_key = Signed(alice, _self, "self_signing") })).Fails(400, "M_MISSING_PARAM");
        (await Upload(alice, new { master_key = master, self_signing_key = _self.CrossSigning(alice.UserId, "self_signing") })).Fails(400, "M_INVALID_SIGNATURE");
        (await Upload(alice, new { master_key = master, self_signing_key = _user.Sign(_self.CrossSigning(alice.UserId, "self_signing"), alice.UserId, _master.KeyId) }))
            .Fails(400, "M_INVALID_SIGNATURE");
        (await Upload(alice, new { master_key = _master.CrossSigning(bob.UserId, "master") })).Fails(400, "M_INVALID_PARAM");
        (await Upload(alice, new { master_key = _master.CrossSigning(alice.UserId, "self_signing") })).Fails(400, "M_INVALID_PARAM");
        (await Upload(alice, new { master_key = 5 })).Fails(400, "M_BAD_JSON");
        JsonObject two = _master.CrossSigning(alice.UserId, "master");
        two["keys"]![_self.KeyId] = _self.PublicKey;
        (await Upload(alice, new { master_key = two })).Fails(400, "M_INVALID_PARAM");
        JsonObject misnamed = _master.CrossSigning(alice.UserId, "master");
        misnamed["keys"] = new JsonObject { ["ed25519:abc"] = _master.PublicKey };
        (await Upload(alice, new { master_key = misnamed })).Fails(400, "M_INVALID_PARAM");
        Assert.Empty((await Query(alice, alice)).Keys("master_keys"));
    }

    [Fact]
    public async Task A_device_and_a_key_cannot_have_the_same_id()
    {
        TestClient alice = await User();
        TestClient odd = await alice.Another().Login(alice.UserId, _master.PublicKey);
        (await Upload(alice, new { master_key = _master.CrossSigning(alice.UserId, "master") })).Fails(403, "M_FORBIDDEN");
        (await odd.Post($"/v3/logout")).Ok();
        (await Upload(alice, new { master_key = _master.CrossSigning(alice.UserId, "master") })).Ok();
        (await alice.Another().Post($"/v3/login", new
        {
            type = "m.login.password",
            identifier = new { type = "m.id.user", user = alice.UserId },
            password = alice.Password,
            device_id = _master.PublicKey,
        })).Fails(400, "M_INVALID_PARAM");
    }

    [Fact]
    public async Task A_user_signing_key_is_seen_by_its_user_alone_and_tells_nobody_else()
    {
        (TestClient alice, TestClient bob) = await TwoInARoom();
        (await Upload(alice, new { master_key = _master.CrossSigning(alice.UserId, "master"), self_signing_key = Signed(alice, _self, "self_signing") })).Ok();
        string since = await bob.SyncToken();
        string own = await alice.SyncToken();
        (await alice.WithPassword(auth => Upload(alice, auth is null ? Keys(alice) : With(Keys(alice), auth)))).Ok();
        JsonElement told = await alice.SyncUntil(own, s => s.List("device_lists", "changed").Length > 0);
        Assert.Equal([alice.UserId], told.List("device_lists", "changed").Select(user => user.GetString()));
        Assert.Equal([alice.UserId], (await alice.Get($"/v3/keys/changes?from={own}&to={told.Str("next_batch")}")).Ok().List("changed").Select(user => user.GetString()));
        Assert.Empty((await alice.Get($"/v3/keys/changes?from={own}&to={own}")).Ok().List("changed"));
        Assert.Empty((await bob.Sync(since)).List("device_lists", "changed"));
        Assert.Equal([alice.UserId], (await Query(alice, alice)).Keys("user_signing_keys"));
        JsonElement seen = await Query(bob, alice);
        Assert.Empty(seen.Keys("user_signing_keys"));
        Assert.Equal([alice.UserId], seen.Keys("master_keys"));
        Assert.Equal([alice.UserId], seen.Keys("self_signing_keys"));
    }

    [Fact]
    public async Task A_signed_device_shows_the_signature_to_all_and_they_are_told()
    {
        (TestClient alice, TestClient bob) = await TwoInARoom();
        JsonObject device = _device.Device(alice);
        (await alice.Post($"/v3/keys/upload", new { device_keys = device })).Ok();
        string since = await bob.SyncToken();
        (await Upload(alice, Keys(alice))).Ok();
        JsonElement told = await bob.SyncUntil(since, s => s.List("device_lists", "changed").Length > 0);
        Assert.Equal([alice.UserId], told.List("device_lists", "changed").Select(user => user.GetString()));

        JsonObject master = _device.Sign(_master.CrossSigning(alice.UserId, "master"), alice.UserId, $"ed25519:{alice.DeviceId}");
        Assert.Empty(await Sign(alice, alice, (alice.DeviceId, _self.Sign(device, alice.UserId, _self.KeyId)), (_master.PublicKey, master)));
        await bob.SyncUntil(told.Str("next_batch"), s => s.List("device_lists", "changed").Length > 0);
        JsonElement seen = await Query(bob, alice);
        Assert.Equal(
            new[] { $"ed25519:{alice.DeviceId}", _self.KeyId }.Order(StringComparer.Ordinal),
            seen.Keys("device_keys", alice.UserId, alice.DeviceId, "signatures", alice.UserId).Order(StringComparer.Ordinal));
        Assert.Equal([$"ed25519:{alice.DeviceId}"], seen.Keys("master_keys", alice.UserId, "signatures", alice.UserId));

        // A device that uploads its keys again keeps the signature; a removed one leaves none.
        (await alice.Post($"/v3/keys/upload", new { device_keys = device })).Ok();
        Assert.Equal(2, (await Query(bob, alice)).Keys("device_keys", alice.UserId, alice.DeviceId, "signatures", alice.UserId).Length);
        TestClient laptop = await alice.SecondDevice();
        (await alice.Post($"/v3/logout")).Ok();
        Assert.Empty((await Query(laptop, laptop)).Keys("master_keys", laptop.UserId, "signatures"));
    }

    [Fact]
    public async Task A_signature_on_another_users_master_key_is_seen_by_the_signer_alone()
    {
        (TestClient alice, TestClient bob) = await TwoInARoom();
        KeyPair bobs = new();
        (await Upload(alice, Keys(alice))).Ok();
        JsonObject master = bobs.CrossSigning(bob.UserId, "master");
        (await Upload(bob, new { master_key = master })).Ok();
        string since = await alice.SyncToken();
        string bobSince = await bob.SyncToken();
        Assert.Empty(await Sign(alice, bob, (bobs.PublicKey, _user.Sign(master, alice.UserId, _user.KeyId))));
        JsonElement told = await alice.SyncUntil(since, s => s.List("device_lists", "changed").Length > 0);
        Assert.Equal([bob.UserId], told.List("device_lists", "changed").Select(user => user.GetString()));
        Assert.Equal([_user.KeyId], (await Query(alice, bob)).Keys("master_keys", bob.UserId, "signatures", alice.UserId));
        Assert.False((await Query(bob, bob)).At("master_keys", bob.UserId).TryGetProperty("signatures", out _));
        Assert.Empty((await bob.Sync(bobSince)).List("device_lists", "changed"));
    }

    [Fact]
    public async Task Signatures_that_are_not_good_are_told_and_the_others_kept()
    {
        TestClient alice = await User();
        TestClient bob = await User();
        JsonObject device = _device.Device(alice);
        (await alice.Post($"/v3/keys/upload", new { device_keys = device })).Ok();
        (await Upload(alice, Keys(alice))).Ok();
        JsonObject changed = device.DeepClone().AsObject();
        changed["algorithms"] = new JsonArray("m.none");
        JsonElement failures = (await alice.Post($"/v3/keys/signatures/upload", new JsonObject
        {
            [alice.UserId] = new JsonObject
            {
                [alice.DeviceId] = _self.Sign(device, alice.UserId, _self.KeyId),
                [_master.PublicKey] = _user.Sign(_master.CrossSigning(alice.UserId, "master"), alice.UserId, $"ed25519:{alice.DeviceId}"),
                ["NOSUCH"] = _self.Sign(changed, alice.UserId, _self.KeyId),
            },
            [bob.UserId] = new JsonObject { [bob.DeviceId] = _user.Sign(_device.Device(bob), alice.UserId, _user.KeyId) },
        })).Ok().GetProperty("failures");
        Assert.Equal("M_INVALID_SIGNATURE", failures.Str(alice.UserId, _master.PublicKey, "errcode"));
        Assert.Equal("M_NOT_FOUND", failures.Str(alice.UserId, "NOSUCH", "errcode"));
        Assert.Equal("M_NOT_FOUND", failures.Str(bob.UserId, bob.DeviceId, "errcode"));
        Assert.False(failures.At(alice.UserId).TryGetProperty(alice.DeviceId, out _));
        Assert.Equal(2, (await Query(bob, alice)).Keys("device_keys", alice.UserId, alice.DeviceId, "signatures", alice.UserId).Length);
        Assert.Equal(["M_INVALID_PARAM"], await Sign(alice, alice, (alice.DeviceId, _self.Sign(changed, alice.UserId, _self.KeyId))));
        (await alice.Post($"/v3/keys/signatures/upload", new { alice = 5 })).Fails(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task An_ended_account_leaves_no_keys()
    {
        (TestClient alice, TestClient bob) = await TwoInARoom();
        (await Upload(alice, Keys(alice))).Ok();
        (await alice.WithPassword(auth => alice.Post($"/v3/account/deactivate", auth is null ? new { } : new { auth }))).Ok();
        Assert.Empty((await Query(bob, alice)).Keys("master_keys"));
    }

    private async Task<(TestClient Alice, TestClient Bob)> TwoInARoom()
    {
        TestClient alice = await User("alice");
        TestClient bob = await User("bob");
        await bob.Join(await alice.CreatePublicRoom());
        return (alice, bob);
    }

    private JsonObject Keys(TestClient client) => new()
    {
        ["master_key"] = _master.CrossSigning(client.UserId, "master"),
        ["self_signing_key"] = Signed(client, _self, "self_signing"),
        ["user_signing_key"] = Signed(client, _user, "user_signing"),
    };

    private JsonObject Signed(TestClient client, KeyPair key, string usage) => _master.Sign(key.CrossSigning(client.UserId, usage), client.UserId, _master.KeyId);

    private static JsonObject With(JsonObject keys, object auth)
    {
        keys["auth"] = JsonSerializer.SerializeToNode(auth);
        return keys;
    }

    private static Task<Answer> Upload(TestClient client, object keys) => client.Post($"/v3/keys/device_signing/upload", keys);

    /// <summary>The error codes of what was refused.</summary>
    private static async Task<string[]> Sign(TestClient client, TestClient of, params (string Key, JsonObject Signed)[] keys)
    {
        JsonObject signed = new(keys.Select(key => KeyValuePair.Create(key.Key, (JsonNode?)key.Signed)));
        JsonElement answer = (await client.Post($"/v3/keys/signatures/upload", new JsonObject { [of.UserId] = signed })).Ok();
        return [.. answer.GetProperty("failures").EnumerateObject().SelectMany(user => user.Value.EnumerateObject()).Select(key => key.Value.Str("errcode"))];
    }

    private static async Task<JsonElement> Query(TestClient client, TestClient of)
    {
        Dictionary<string, string[]> device_keys = new() { [of.UserId] = [] };
        return (await client.Post($"/v3/keys/query", new { device_keys })).Ok();
    }
}

/// <inheritdoc/>
public sealed class CrossSigningOnSqlite(SqliteServer server) : CrossSigningTests(server);

/// <inheritdoc/>
public sealed class CrossSigningOnPostgres(PostgresServer server) : CrossSigningTests(server);
