using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Gateway.Http;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Accounts;

namespace MatrixOrleans.Server.Tests.Accounts;

public sealed class ModerationTests
{
    private const string Lock = "/_matrix/client/v1/admin/lock/";
    private const string Suspend = "/_matrix/client/v1/admin/suspend/";

    [Fact]
    public async Task A_locked_account_can_only_log_out()
    {
        await using var server = await AccountServer.Start();
        var admin = await Admin(server);
        var alice = (await server.Register("alice")).AccessToken;
        var other = (await server.LogIn("alice", refresh: true)).Is(200);
        Assert.False((await server.Call("GET", Lock + "@alice:one.test", token: admin)).Is(200).Json.GetProperty("locked").GetBoolean());
        Assert.True((await server.Call("PUT", Lock + "@alice:one.test", new { locked = true }, admin)).Is(200).Json.GetProperty("locked").GetBoolean());
        Assert.True((await server.Call("GET", Lock + "%40alice%3Aone.test", token: admin)).Is(200).Json.GetProperty("locked").GetBoolean());

        var refused = (await server.Call("GET", "/_matrix/client/v3/account/whoami", token: alice)).Is(401, "M_USER_LOCKED");
        Assert.True(refused.Json.GetProperty("soft_logout").GetBoolean());
        (await server.Call("GET", "/_matrix/client/v3/capabilities", token: alice)).Is(401, "M_USER_LOCKED");
        Assert.True((await server.LogIn("alice")).Is(401, "M_USER_LOCKED").Json.GetProperty("soft_logout").GetBoolean());
        (await server.LogIn("alice", "wrong")).Is(403, "M_FORBIDDEN");
        (await server.Call("POST", "/_matrix/client/v3/refresh", new { refresh_token = other.String("refresh_token") })).Is(401, "M_USER_LOCKED");

        (await server.Call("PUT", Lock + "@alice:one.test", new { locked = false }, admin)).Is(200);
        Assert.Equal(200, await server.WhoAmI(alice));

        (await server.Call("PUT", Lock + "@alice:one.test", new { locked = true }, admin)).Is(200);
        (await server.Call("POST", "/_matrix/client/v3/logout", token: alice)).Is(200);
        (await server.Call("POST", "/_matrix/client/v3/logout/all", token: other.AccessToken)).Is(200);
        (await server.Call("GET", "/_matrix/client/v3/account/whoami", token: alice)).Is(401, "M_UNKNOWN_TOKEN");
    }

    [Fact]
    public async Task A_suspended_account_may_log_in_and_out_and_manage_its_devices()
    {
        await using var server = await AccountServer.Start();
        var admin = await Admin(server);
        await server.Register("alice");
        (await server.Call("PUT", Suspend + "@alice:one.test", new { suspended = true }, admin)).Is(200);
        Assert.True((await server.Call("GET", Suspend + "@alice:one.test", token: admin)).Is(200).Json.GetProperty("suspended").GetBoolean());

        var token = (await server.LogIn("alice", device: "A")).Is(200).AccessToken;
        Assert.Equal(200, await server.WhoAmI(token));
        (await server.Call("GET", "/_matrix/client/v3/devices", token: token)).Is(200);
        (await server.Call("DELETE", "/_matrix/client/v3/devices/B", new { auth = AccountServer.ByPassword("alice") }, token)).Is(200);
        var session = await server.Grains.GetGrain<ISessionGrain>(0).Find(SessionCache.Hash(token));
        Assert.True(session!.IsSuspended);
        (await server.Call("POST", "/_matrix/client/v3/account/deactivate", new { auth = AccountServer.ByPassword("alice") }, token)).Is(200);
    }

    [Theory]
    [InlineData(Lock, "locked")]
    [InlineData(Suspend, "suspended")]
    public async Task Only_administrators_moderate_and_only_others_of_their_homeserver(string path, string member)
    {
        await using var server = await AccountServer.Start();
        var admin = await Admin(server);
        var alice = (await server.Register("alice")).AccessToken;
        await server.Register("bob", host: "two.test");
        var body = $"{{\"{member}\":true}}";

        foreach (var (method, content) in new[] { ("GET", null), ("PUT", body) })
        {
            // Before any account is looked up.
            (await server.Call(method, path + "@nobody:one.test", content, alice)).Is(403, "M_FORBIDDEN");
            (await server.Call(method, path + "@admin:one.test", content, alice)).Is(403, "M_FORBIDDEN");
            (await server.Call(method, path + "@alice:one.test", content)).Is(401, "M_MISSING_TOKEN");

            (await server.Call(method, path + "@nobody:one.test", content, admin)).Is(404, "M_NOT_FOUND");
            (await server.Call(method, path + "@bob:two.test", content, admin)).Is(400, "M_INVALID_PARAM");
            (await server.Call(method, path + "@x:elsewhere.test", content, admin)).Is(400, "M_INVALID_PARAM");
            (await server.Call(method, path + "nonsense", content, admin)).Is(400, "M_INVALID_PARAM");
            (await server.Call(method, path + "@admin:one.test", content, admin)).Is(403, "M_FORBIDDEN");
        }

        (await server.Call("PUT", path + "@alice:one.test", "{}", admin)).Is(400, "M_MISSING_PARAM");
        (await server.Call("PUT", path + "@alice:one.test", $"{{\"{member}\":1}}", admin)).Is(400, "M_BAD_JSON");
        Assert.Equal(200, await server.WhoAmI(alice));

        (await server.Call("POST", "/_matrix/client/v3/account/deactivate", new { auth = AccountServer.ByPassword("alice") }, alice)).Is(200);
        (await server.Call("GET", path + "@alice:one.test", token: admin)).Is(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task Whois_tells_users_of_themselves_and_administrators_of_all()
    {
        await using var server = await AccountServer.Start();
        var admin = await Admin(server);
        var alice = (await server.Register("alice", new { device_id = "A" })).AccessToken;
        const string path = "/_matrix/client/v3/admin/whois/";
        foreach (var token in new[] { alice, admin })
        {
            var who = (await server.Call("GET", path + "@alice:one.test", token: token)).Is(200).Json;
            Assert.Equal("@alice:one.test", who.GetProperty("user_id").GetString());
            var connection = who.GetProperty("devices").GetProperty("A").GetProperty("sessions")[0].GetProperty("connections")[0];
            Assert.Equal("127.0.0.1", connection.GetProperty("ip").GetString());
            Assert.Equal("test/1", connection.GetProperty("user_agent").GetString());
            Assert.True(connection.GetProperty("last_seen").GetInt64() > 0);
        }

        (await server.Call("GET", path + "@admin:one.test", token: alice)).Is(403, "M_FORBIDDEN");
        (await server.Call("GET", path + "@nobody:one.test", token: admin)).Is(404, "M_NOT_FOUND");
    }

    [Fact]
    public async Task A_changed_password_ends_the_other_sessions_unless_told_not_to()
    {
        await using var server = await AccountServer.Start();
        var keep = (await server.Register("alice")).AccessToken;
        var other = (await server.LogIn("alice")).AccessToken;
        Assert.Equal(200, await server.WhoAmI(other));
        const string path = "/_matrix/client/v3/account/password";
        (await server.Call("POST", path, new { new_password = "second", logout_devices = false, auth = AccountServer.ByPassword("alice") }, keep)).Is(200);
        Assert.Equal(200, await server.WhoAmI(other));
        (await server.LogIn("alice", "secret")).Is(403, "M_FORBIDDEN");

        (await server.Call("POST", path, new { new_password = "third", auth = AccountServer.ByPassword("alice", "second") }, keep)).Is(200);
        Assert.Equal(401, await server.WhoAmI(other));
        Assert.Equal(200, await server.WhoAmI(keep));
        (await server.LogIn("alice", "third")).Is(200);

        (await server.Call("POST", path, new { auth = AccountServer.ByPassword("alice", "third") }, keep)).Is(400, "M_MISSING_PARAM");
        (await server.Call("POST", path, new { new_password = "" }, keep)).Is(400, "M_WEAK_PASSWORD");
    }

    [Fact]
    public async Task Who_knows_the_password_needs_no_token_to_change_it()
    {
        await using var server = await AccountServer.Start();
        var session = (await server.Register("alice")).AccessToken;
        (await server.Call("POST", "/_matrix/client/v3/account/password", new { new_password = "second", auth = AccountServer.ByPassword("alice", "wrong") })).Is(401, "M_FORBIDDEN");
        (await server.Call("POST", "/_matrix/client/v3/account/password", new { new_password = "second", auth = new { type = "m.login.password", password = "secret" } })).Is(401, "M_FORBIDDEN");
        (await server.Call("POST", "/_matrix/client/v3/account/password", new { new_password = "second", auth = AccountServer.ByPassword("alice") })).Is(200);
        Assert.Equal(401, await server.WhoAmI(session));
        (await server.LogIn("alice", "second")).Is(200);
    }

    [Fact]
    public async Task Deactivation_ends_everything_and_keeps_the_name_taken()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        (await server.Call("POST", "/_matrix/client/v3/account/deactivate", new { }, token)).Is(401);
        var done = (await server.Call("POST", "/_matrix/client/v3/account/deactivate", new { erase = true, auth = AccountServer.ByPassword("alice") }, token)).Is(200);
        Assert.Equal("success", done.String("id_server_unbind_result"));
        (await server.Call("GET", "/_matrix/client/v3/account/whoami", token: token)).Is(401, "M_UNKNOWN_TOKEN");
        (await server.LogIn("alice")).Is(403, "M_FORBIDDEN");
        (await server.Register("alice")).Is(400, "M_USER_IN_USE");
        var account = (await server.Database.Accounts.Get(UserId.Parse("@alice:one.test")))!;
        Assert.True(account is { Deactivated: true, Erased: true, PasswordHash: null });
        Assert.Empty(await server.Database.Devices.OfUser(UserId.Parse("@alice:one.test")));
    }

    [Fact]
    public async Task Who_is_deactivated_leaves_every_room_and_has_no_profile()
    {
        await using var server = await AccountServer.Start();
        var alice = (await server.Register("alice")).AccessToken;
        var bob = (await server.Register("bob")).AccessToken;
        var joined = (await server.Call("POST", "/_matrix/client/v3/createRoom", new { preset = "public_chat" }, bob)).Is(200).String("room_id");
        var invited = (await server.Call("POST", "/_matrix/client/v3/createRoom", new { invite = (string[])["@alice:one.test"] }, bob)).Is(200).String("room_id");
        (await server.Call("POST", $"/_matrix/client/v3/join/{joined}", new { }, alice)).Is(200);
        (await server.Call("PUT", "/_matrix/client/v3/profile/@alice:one.test/displayname", new { displayname = "Al" }, alice)).Is(200);

        (await server.Call("POST", "/_matrix/client/v3/account/deactivate", new { auth = AccountServer.ByPassword("alice") }, alice)).Is(200);
        foreach (var room in new[] { joined, invited })
        {
            Assert.Equal("leave", (await server.Call("GET", $"/_matrix/client/v3/rooms/{room}/state/m.room.member/@alice:one.test", token: bob)).Is(200).String("membership"));
        }

        Assert.DoesNotContain("Al", (await server.Call("GET", "/_matrix/client/v3/profile/@alice:one.test")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deactivation_that_was_cut_off_is_finished_by_the_next_silo()
    {
        await using var server = await AccountServer.Start();
        var alice = (await server.Register("alice")).AccessToken;
        var bob = (await server.Register("bob")).AccessToken;
        var room = (await server.Call("POST", "/_matrix/client/v3/createRoom", new { preset = "public_chat" }, bob)).Is(200).String("room_id");
        (await server.Call("POST", $"/_matrix/client/v3/join/{room}", new { }, alice)).Is(200);
        var user = UserId.Parse("@alice:one.test");
        Assert.Empty(await server.Database.Accounts.Unfinished("", 10));

        // As if the process had ended right after its commit.
        await server.Database.Accounts.Deactivate(user, erase: false);
        Assert.Equal(user, Assert.Single(await server.Database.Accounts.Unfinished("", 10)).UserId);
        await server.StartSilo();
        for (var i = 0; i < 200 && (await server.Database.Accounts.Unfinished("", 10)).Count > 0; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Empty(await server.Database.Accounts.Unfinished("", 10));
    }

    [Fact]
    public async Task A_changed_profile_does_not_bring_back_who_left()
    {
        await using var server = await AccountServer.Start();
        var alice = (await server.Register("alice")).AccessToken;
        var bob = (await server.Register("bob")).AccessToken;
        var room = (await server.Call("POST", "/_matrix/client/v3/createRoom", new { preset = "public_chat" }, bob)).Is(200).String("room_id")!;
        (await server.Call("POST", $"/_matrix/client/v3/join/{room}", new { }, alice)).Is(200);
        var user = UserId.Parse("@alice:one.test");
        var shown = new MembershipRequest { Action = MembershipAction.Join, Sender = user, Target = user, DisplayName = "Al", OnlyIfJoined = true };
        await server.Grains.GetGrain<IRoomGrain>(room).ChangeMembership(shown);
        Assert.Equal("Al", (await server.Call("GET", $"/_matrix/client/v3/rooms/{room}/state/m.room.member/{user}", token: bob)).Is(200).String("displayname"));

        (await server.Call("POST", $"/_matrix/client/v3/rooms/{room}/leave", new { }, alice)).Is(200);
        var refusal = await Assert.ThrowsAsync<MatrixException>(async () => await server.Grains.GetGrain<IRoomGrain>(room).ChangeMembership(shown with { DisplayName = "Alice" }));
        Assert.Equal(MatrixError.Forbidden, refusal.Code);
        Assert.Equal("leave", (await server.Call("GET", $"/_matrix/client/v3/rooms/{room}/state/m.room.member/{user}", token: bob)).Is(200).String("membership"));
    }

    [Fact]
    public async Task Capabilities_and_discovery_say_what_is_so()
    {
        await using var server = await AccountServer.Start(options =>
        {
            options.GuestsAllowed = true;
            options.PublicBaseUrls = new Dictionary<string, string> { ["one.test"] = "https://matrix.one.test" };
            options.SupportContacts = [new SupportContact("m.role.admin", "admin@one.test", null)];
        });
        var token = (await server.Register("alice")).AccessToken;
        var capabilities = (await server.Call("GET", "/_matrix/client/v3/capabilities", token: token)).Is(200).Json.GetProperty("capabilities");
        Assert.Equal("12", capabilities.GetProperty("m.room_versions").GetProperty("default").GetString());
        Assert.Equal(12, capabilities.GetProperty("m.room_versions").GetProperty("available").EnumerateObject().Count());
        Assert.True(capabilities.GetProperty("m.change_password").GetProperty("enabled").GetBoolean());
        Assert.False(capabilities.GetProperty("m.3pid_changes").GetProperty("enabled").GetBoolean());
        Assert.False(capabilities.TryGetProperty("m.account_moderation", out _));
        (await server.Call("GET", "/_matrix/client/v3/capabilities")).Is(401, "M_MISSING_TOKEN");

        var guest = (await server.Call("POST", "/_matrix/client/v3/register?kind=guest", new { })).AccessToken;
        Assert.False((await server.Call("GET", "/_matrix/client/v3/capabilities", token: guest)).Json.GetProperty("capabilities").GetProperty("m.change_password").GetProperty("enabled").GetBoolean());

        Assert.Equal("""{"m.homeserver":{"base_url":"https://matrix.one.test"}}""", (await server.Call("GET", "/.well-known/matrix/client")).Is(200).Text);
        (await server.Call("GET", "/.well-known/matrix/client", host: "two.test")).Is(404, "M_NOT_FOUND");
        Assert.Equal("""{"contacts":[{"role":"m.role.admin","email_address":"admin@one.test"}]}""", (await server.Call("GET", "/.well-known/matrix/support")).Is(200).Text);
        Assert.True((await server.LogIn("alice")).Is(200).Json.GetProperty("well_known").TryGetProperty("m.homeserver", out _));
    }

    [Fact]
    public async Task A_homeserver_is_asked_by_its_name_or_by_the_address_that_clients_are_told()
    {
        await using var server = await AccountServer.Start(options =>
        {
            options.Tenants = [ServerName.Parse("one.test"), ServerName.Parse("two.test"), ServerName.Parse("one.test:8449")];
            options.PublicBaseUrls = new Dictionary<string, string> { ["two.test"] = "https://matrix.example" };
        });
        foreach (var (host, tenant) in new[]
        {
            ("one.test", "one.test"), ("two.test", "two.test"), ("two.test:8008", "two.test"), ("one.test:8449", "one.test:8449"),
            ("matrix.example", "two.test"), ("elsewhere.test", "one.test"),
        })
        {
            var made = (await server.Call("POST", "/_matrix/client/v3/register", new { password = "x", auth = new { type = "m.login.dummy" } }, host: host)).Is(200);
            Assert.EndsWith(":" + tenant, made.String("user_id"), StringComparison.Ordinal);
        }
    }

    private static async Task<string> Admin(AccountServer server)
    {
        var token = (await server.Register("admin")).AccessToken;
        await server.Database.Accounts.Set(UserId.Parse("@admin:one.test"), AccountFlag.Admin, true);
        return token;
    }
}
