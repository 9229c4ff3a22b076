using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Backups of room keys.</summary>
public abstract class KeyBackupTests(SharedServer server) : ConformanceTest(server)
{
    private const string Algorithm = "m.megolm_backup.v1.curve25519-aes-sha2";
    private const string Room = "!room:localhost";

    [Fact]
    public async Task A_backup_is_made_told_changed_and_deleted()
    {
        TestClient alice = await User();
        (await alice.Get($"/v3/room_keys/version")).Fails(404, "M_NOT_FOUND");
        string first = await Create(alice);
        string second = await Create(alice, "second");
        Assert.NotEqual(first, second);
        JsonElement current = (await alice.Get($"/v3/room_keys/version")).Ok();
        Assert.Equal((second, Algorithm, "second", 0), (current.Str("version"), current.Str("algorithm"), current.Str("auth_data", "public_key"), current.Int("count")));
        Assert.NotEqual("", current.Str("etag"));
        Assert.Equal("first", (await alice.Get($"/v3/room_keys/version/{first}")).Ok().Str("auth_data", "public_key"));

        (await alice.Put($"/v3/room_keys/version/{first}", new { algorithm = Algorithm, auth_data = new { public_key = "other" }, version = first })).Ok();
        Assert.Equal("other", (await alice.Get($"/v3/room_keys/version/{first}")).Ok().Str("auth_data", "public_key"));
        (await alice.Put($"/v3/room_keys/version/{first}", new { algorithm = "m.other", auth_data = new { public_key = "x" } })).Fails(400, "M_INVALID_PARAM");
        (await alice.Put($"/v3/room_keys/version/{first}", new { algorithm = Algorithm, auth_data = new { public_key = "x" }, version = second })).Fails(400, "M_INVALID_PARAM");
        (await alice.Put($"/v3/room_keys/version/99", new { algorithm = Algorithm, auth_data = new { public_key = "x" } })).Fails(404, "M_NOT_FOUND");

        (await alice.Delete($"/v3/room_keys/version/{second}")).Ok();
        (await alice.Delete($"/v3/room_keys/version/{second}")).Ok();
        (await alice.Delete($"/v3/room_keys/version/99")).Fails(404, "M_NOT_FOUND");
        (await alice.Delete($"/v3/room_keys/version/junk")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/room_keys/version/{second}")).Fails(404, "M_NOT_FOUND");
        Assert.Equal(first, (await alice.Get($"/v3/room_keys/version")).Ok().Str("version"));
        Assert.NotEqual(second, await Create(alice));
    }

    [Fact]
    public async Task A_malformed_backup_is_refused()
    {
        TestClient alice = await User();
        (await alice.Post($"/v3/room_keys/version", new { auth_data = new { public_key = "x" } })).Fails(400, "M_MISSING_PARAM");
        (await alice.Post($"/v3/room_keys/version", new { algorithm = Algorithm })).Fails(400, "M_MISSING_PARAM");
        (await alice.Post($"/v3/room_keys/version", new { algorithm = Algorithm, auth_data = 5 })).Fails(400, "M_BAD_JSON");
        (await alice.Post($"/v3/room_keys/version", new { algorithm = 5, auth_data = new { public_key = "x" } })).Fails(400, "M_BAD_JSON");
        (await alice.Get($"/v3/room_keys/version")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Keys_are_stored_and_read_one_by_one_by_room_and_all_together()
    {
        TestClient alice = await User();
        string version = await Create(alice);
        JsonElement state = (await alice.Put($"/v3/room_keys/keys/{Room}/one?version={version}", Key("1"))).Ok();
        Assert.Equal(1, state.Int("count"));
        string etag = state.Str("etag");
        state = (await alice.Put($"/v3/room_keys/keys/{Room}?version={version}", new { sessions = new Dictionary<string, object> { ["two"] = Key("2"), ["three/é"] = Key("3") } })).Ok();
        Assert.Equal(3, state.Int("count"));
        Assert.NotEqual(etag, state.Str("etag"));
        Dictionary<string, object> rooms = new() { ["!other:localhost"] = new { sessions = new Dictionary<string, object> { ["four"] = Key("4") } } };
        Assert.Equal(4, (await alice.Put($"/v3/room_keys/keys?version={version}", new { rooms })).Ok().Int("count"));

        Assert.Equal("3", (await alice.Get($"/v3/room_keys/keys/{Room}/{"three/é"}?version={version}")).Ok().Str("session_data", "ciphertext"));
        Assert.Equal(3, (await alice.Get($"/v3/room_keys/keys/{Room}?version={version}")).Ok().Keys("sessions").Length);
        JsonElement all = (await alice.Get($"/v3/room_keys/keys?version={version}")).Ok();
        Assert.Equal(["!other:localhost", Room], all.Keys("rooms").Order(StringComparer.Ordinal));
        Assert.Equal("4", all.Str("rooms", "!other:localhost", "sessions", "four", "session_data", "ciphertext"));
        Assert.Equal(4, (await alice.Get($"/v3/room_keys/version/{version}")).Ok().Int("count"));

        (await alice.Get($"/v3/room_keys/keys/{Room}/none?version={version}")).Fails(404, "M_NOT_FOUND");
        Assert.Empty((await alice.Get($"/v3/room_keys/keys/!none:localhost?version={version}")).Ok().Keys("sessions"));
        (await alice.Get($"/v3/room_keys/keys?version=99")).Fails(404, "M_NOT_FOUND");
        (await alice.Get($"/v3/room_keys/keys")).Fails(400, "M_MISSING_PARAM");

        Assert.Equal(3, (await alice.Delete($"/v3/room_keys/keys/{Room}/one?version={version}")).Ok().Int("count"));
        Assert.Equal(1, (await alice.Delete($"/v3/room_keys/keys/{Room}?version={version}")).Ok().Int("count"));
        Assert.Equal(0, (await alice.Delete($"/v3/room_keys/keys?version={version}")).Ok().Int("count"));
        Assert.Empty((await alice.Get($"/v3/room_keys/keys?version={version}")).Ok().Keys("rooms"));
        (await alice.Delete($"/v3/room_keys/keys?version=99")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Of_two_keys_of_a_session_the_better_stays()
    {
        TestClient alice = await User();
        string version = await Create(alice);
        string etag = await Put("start", index: 5, forwarded: 5, verified: false, stays: "start");
        string worse = await Put("later index", index: 6, forwarded: 0, verified: false, stays: "start");
        Assert.Equal(etag, worse);
        Assert.Equal(etag, await Put("the same", index: 5, forwarded: 5, verified: false, stays: "start"));
        Assert.NotEqual(etag, await Put("fewer hops", index: 5, forwarded: 4, verified: false, stays: "fewer hops"));
        await Put("more hops", index: 5, forwarded: 5, verified: false, stays: "fewer hops");
        await Put("earlier", index: 4, forwarded: 9, verified: false, stays: "earlier");
        await Put("verified", index: 9, forwarded: 9, verified: true, stays: "verified");
        await Put("unverified", index: 0, forwarded: 0, verified: false, stays: "verified");
        await Put("verified and earlier", index: 8, forwarded: 99, verified: true, stays: "verified and earlier");

        async Task<string> Put(string data, int index, int forwarded, bool verified, string stays)
        {
            JsonElement state = (await alice.Put($"/v3/room_keys/keys/{Room}/s?version={version}", Key(data, index, forwarded, verified))).Ok();
            Assert.Equal(1, state.Int("count"));
            Assert.Equal(stays, (await alice.Get($"/v3/room_keys/keys/{Room}/s?version={version}")).Ok().Str("session_data", "ciphertext"));
            return state.Str("etag");
        }
    }

    [Fact]
    public async Task Only_the_current_backup_takes_keys_and_a_refusal_names_it()
    {
        TestClient alice = await User();
        string old = await Create(alice);
        (await alice.Put($"/v3/room_keys/keys/{Room}/s?version={old}", Key("old"))).Ok();
        string current = await Create(alice);
        Assert.Equal(current, (await alice.Put($"/v3/room_keys/keys/{Room}/t?version={old}", Key("x"))).Fails(403, "M_WRONG_ROOM_KEYS_VERSION").Str("current_version"));
        (await alice.Put($"/v3/room_keys/keys/{Room}/t?version=99", Key("x"))).Fails(404, "M_NOT_FOUND");
        Assert.Equal(["s"], (await alice.Get($"/v3/room_keys/keys/{Room}?version={old}")).Ok().Keys("sessions"));
        TestClient bob = await User();
        (await bob.Get($"/v3/room_keys/keys?version={old}")).Fails(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Malformed_keys_are_refused_whole()
    {
        TestClient alice = await User();
        string version = await Create(alice);
        (await alice.Put($"/v3/room_keys/keys/{Room}/s?version={version}", new { first_message_index = 0 })).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/room_keys/keys/{Room}/s?version={version}", Key("x", index: -1))).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/room_keys/keys/{Room}?version={version}", new { })).Fails(400, "M_BAD_JSON");
        Dictionary<string, object> sessions = new() { ["good"] = Key("1"), ["bad"] = 5 };
        (await alice.Put($"/v3/room_keys/keys/{Room}?version={version}", new { sessions })).Fails(400, "M_BAD_JSON");
        (await alice.Put($"/v3/room_keys/keys?version={version}", new { rooms = new Dictionary<string, object> { [Room] = 5 } })).Fails(400, "M_BAD_JSON");
        Assert.Empty((await alice.Get($"/v3/room_keys/keys?version={version}")).Ok().Keys("rooms"));
    }

    [Fact]
    public async Task A_large_backup_comes_back_whole()
    {
        TestClient alice = await User();
        string version = await Create(alice);
        Dictionary<string, object> rooms = Enumerable.Range(0, 30).ToDictionary(
            room => $"!r{room}:localhost",
            room => (object)new { sessions = Enumerable.Range(0, 80).ToDictionary(session => $"s{session}", session => (object)Key($"{room}/{session}")) });
        Assert.Equal(2400, (await alice.Put($"/v3/room_keys/keys?version={version}", new { rooms })).Ok().Int("count"));
        Assert.Equal(2400, (await alice.Put($"/v3/room_keys/keys?version={version}", new { rooms })).Ok().Int("count"));
        JsonElement all = (await alice.Get($"/v3/room_keys/keys?version={version}")).Ok();
        Assert.Equal(2400, all.GetProperty("rooms").EnumerateObject().Sum(room => room.Value.Keys("sessions").Length));
        Assert.Equal("29/79", all.Str("rooms", "!r29:localhost", "sessions", "s79", "session_data", "ciphertext"));
    }

    private static async Task<string> Create(TestClient client, string key = "first") =>
        (await client.Post($"/v3/room_keys/version", new { algorithm = Algorithm, auth_data = new { public_key = key } })).Ok().Str("version");

    private static object Key(string data, int index = 0, int forwarded = 0, bool verified = false) => new
    {
        first_message_index = index,
        forwarded_count = forwarded,
        is_verified = verified,
        session_data = new { ephemeral = "e", ciphertext = data, mac = "m" },
    };
}

/// <inheritdoc/>
public sealed class KeyBackupsOnSqlite(SqliteServer server) : KeyBackupTests(server);

/// <inheritdoc/>
public sealed class KeyBackupsOnPostgres(PostgresServer server) : KeyBackupTests(server);
