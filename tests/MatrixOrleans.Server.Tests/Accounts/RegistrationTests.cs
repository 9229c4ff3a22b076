using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Server.Tests.Accounts;

public sealed class RegistrationTests
{
    [Fact]
    public async Task An_account_is_registered_once_and_logged_in()
    {
        await using var server = await AccountServer.Start();
        var made = (await server.Register("alice")).Is(200);

        Assert.Equal("@alice:one.test", made.String("user_id"));
        Assert.Matches("^[A-Z]{10}$", made.String("device_id"));
        Assert.False(made.Has("refresh_token"));
        Assert.False(made.Has("expires_in_ms"));
        var me = (await server.Call("GET", "/_matrix/client/v3/account/whoami", token: made.AccessToken)).Is(200);
        Assert.Equal("@alice:one.test", me.String("user_id"));
        Assert.Equal(made.String("device_id"), me.String("device_id"));
        (await server.Register("alice")).Is(400, "M_USER_IN_USE");
    }

    [Fact]
    public async Task A_taken_name_is_refused_before_anything_needs_confirming()
    {
        await using var server = await AccountServer.Start();
        (await server.Register("alice")).Is(200);
        (await server.Call("POST", "/_matrix/client/v3/register", new { username = "alice", password = "x" })).Is(400, "M_USER_IN_USE");
        (await server.Call("POST", "/_matrix/client/v3/register", new { username = "a b", password = "x" })).Is(400, "M_INVALID_USERNAME");
    }

    [Fact]
    public async Task A_request_without_auth_is_challenged_and_its_parameters_are_remembered()
    {
        await using var server = await AccountServer.Start();
        var challenge = (await server.Call("POST", "/_matrix/client/v3/register", new { username = "alice", password = "secret", device_id = "D" })).Is(401);
        Assert.Equal("m.login.dummy", challenge.Json.GetProperty("flows")[0].GetProperty("stages")[0].GetString());
        Assert.False(challenge.Has("errcode"));

        var made = (await server.Call("POST", "/_matrix/client/v3/register", new { auth = new { type = "m.login.dummy", session = challenge.String("session") } })).Is(200);
        Assert.Equal("@alice:one.test", made.String("user_id"));
        Assert.Equal("D", made.String("device_id"));
        (await server.LogIn("alice")).Is(200);
    }

    [Fact]
    public async Task Another_name_may_be_tried_in_the_same_session()
    {
        await using var server = await AccountServer.Start();
        var session = (await server.Call("POST", "/_matrix/client/v3/register", new { })).Is(401).String("session");
        var auth = new { type = "m.login.dummy", session };
        (await server.Call("POST", "/_matrix/client/v3/register", new { username = "alice", auth })).Is(400, "M_MISSING_PARAM");
        (await server.Call("POST", "/_matrix/client/v3/register", new { username = "bob", password = "x", auth })).Is(200);
        (await server.Call("POST", "/_matrix/client/v3/register", new { username = "carol", password = "x", auth = new { session } })).Is(401);
    }

    [Fact]
    public async Task A_username_that_does_not_fit_into_an_identifier_is_invalid()
    {
        await using var server = await AccountServer.Start();
        (await server.Register(new string('a', 255 - 10))).Is(200);
        (await server.Register(new string('a', 255 - 9))).Is(400, "M_INVALID_USERNAME");
    }

    [Fact]
    public async Task Capitals_become_small_letters()
    {
        await using var server = await AccountServer.Start();
        Assert.Equal("@alice/x.y=z+1-_:one.test", (await server.Register("Alice/x.Y=z+1-_")).Is(200).String("user_id"));
        (await server.Register("ALICE/x.y=z+1-_")).Is(400, "M_USER_IN_USE");
        (await server.LogIn("ALICE/x.y=z+1-_")).Is(200);
    }

    [Fact]
    public async Task Reserved_names_are_exclusive()
    {
        await using var server = await AccountServer.Start(options => options.ReservedUsernames = [new("^irc_.*$")]);
        (await server.Register("irc_alice")).Is(400, "M_EXCLUSIVE");
        (await server.Call("GET", "/_matrix/client/v3/register/available?username=irc_x")).Is(400, "M_EXCLUSIVE");
        (await server.Register("alice")).Is(200);
    }

    [Fact]
    public async Task Availability_is_told()
    {
        await using var server = await AccountServer.Start();
        Assert.True((await server.Call("GET", "/_matrix/client/v3/register/available?username=alice")).Is(200).Json.GetProperty("available").GetBoolean());
        await server.Register("alice");
        (await server.Call("GET", "/_matrix/client/v3/register/available?username=alice")).Is(400, "M_USER_IN_USE");
        (await server.Call("GET", "/_matrix/client/v3/register/available")).Is(400, "M_MISSING_PARAM");
    }

    [Fact]
    public async Task Inhibited_log_in_makes_no_session()
    {
        await using var server = await AccountServer.Start();
        var made = (await server.Register("alice", new { inhibit_login = true })).Is(200);
        Assert.False(made.Has("access_token"));
        Assert.False(made.Has("device_id"));
        (await server.LogIn("alice")).Is(200);
    }

    [Fact]
    public async Task Without_a_username_one_is_made_up()
    {
        await using var server = await AccountServer.Start();
        var made = (await server.Call("POST", "/_matrix/client/v3/register", new { password = "x", auth = new { type = "m.login.dummy" } })).Is(200);
        Assert.Matches("^@[a-z]{12}:one\\.test$", made.String("user_id"));
    }

    [Theory]
    [InlineData("", "M_WEAK_PASSWORD")]
    [InlineData(null, "M_MISSING_PARAM")]
    public async Task A_password_is_needed(string? password, string errcode)
    {
        await using var server = await AccountServer.Start();
        (await server.Call("POST", "/_matrix/client/v3/register", new { username = "alice", password, auth = new { type = "m.login.dummy" } })).Is(400, errcode);
        (await server.Call("GET", "/_matrix/client/v3/register/available?username=alice")).Is(200);
    }

    [Fact]
    public async Task Closed_is_closed()
    {
        await using var server = await AccountServer.Start(options => options.Registration = RegistrationMode.Closed);
        (await server.Register("alice")).Is(403, "M_FORBIDDEN");
        (await server.Call("POST", "/_matrix/client/v3/register?kind=guest", new { })).Is(403, "M_FORBIDDEN");
        (await server.Call("GET", "/_matrix/client/v1/register/m.login.registration_token/validity?token=t")).Is(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_registration_token_counts_its_uses()
    {
        await using var server = await AccountServer.Start(options => options.Registration = RegistrationMode.Token);
        await server.AddRegistrationToken("sesame", usesAllowed: 1);
        const string validity = "/_matrix/client/v1/register/m.login.registration_token/validity?token=";
        Assert.True((await server.Call("GET", validity + "sesame")).Is(200).Json.GetProperty("valid").GetBoolean());
        Assert.False((await server.Call("GET", validity + "other")).Is(200).Json.GetProperty("valid").GetBoolean());

        (await server.Register("alice")).Is(401, "M_FORBIDDEN");
        (await server.Register("alice", new { auth = new { type = "m.login.registration_token", token = "wrong" } })).Is(401, "M_FORBIDDEN");
        (await server.Register("alice", new { auth = new { type = "m.login.registration_token" } })).Is(401, "M_MISSING_PARAM");
        (await server.Register("alice", new { auth = new { type = "m.login.registration_token", token = "sesame" } })).Is(200);
        (await server.Register("bob", new { auth = new { type = "m.login.registration_token", token = "sesame" } })).Is(401, "M_FORBIDDEN");
        Assert.False((await server.Call("GET", validity + "sesame")).Is(200).Json.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_token_that_two_hold_serves_one()
    {
        await using var server = await AccountServer.Start(options => options.Registration = RegistrationMode.Token);
        await server.AddRegistrationToken("sesame", usesAllowed: 1);
        var auth = new { type = "m.login.registration_token", token = "sesame" };
        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => server.Register("user" + i, new { auth })));
        Assert.Single(replies, reply => reply.Status == 200);
        Assert.All(replies.Where(reply => reply.Status != 200), reply => Assert.Contains(reply.Status, (int[])[401, 403]));
    }

    [Fact]
    public async Task An_expired_registration_token_is_not_valid()
    {
        await using var server = await AccountServer.Start(options => options.Registration = RegistrationMode.Token);
        await server.AddRegistrationToken("sesame", expiresIn: TimeSpan.FromMinutes(1));
        server.Time.Advance(TimeSpan.FromMinutes(2));
        (await server.Register("alice", new { auth = new { type = "m.login.registration_token", token = "sesame" } })).Is(401, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Concurrent_registrations_of_one_name_make_one_account()
    {
        await using var server = await AccountServer.Start();
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.Register("alice")));
        Assert.Single(replies, reply => reply.Status == 200);
        Assert.All(replies.Where(reply => reply.Status != 200), reply => reply.Is(400, "M_USER_IN_USE"));
    }

    [Fact]
    public async Task The_asked_host_says_which_homeserver_gets_the_account()
    {
        await using var server = await AccountServer.Start();
        Assert.Equal("@alice:one.test", (await server.Register("alice")).Is(200).String("user_id"));
        Assert.Equal("@alice:two.test", (await server.Register("alice", host: "two.test")).Is(200).String("user_id"));
        Assert.Equal("@alice:two.test", (await server.LogIn("alice", host: "two.test")).Is(200).String("user_id"));
        (await server.LogIn("@alice:two.test", host: "two.test")).Is(200);
        (await server.LogIn("@alice:two.test")).Is(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task A_guest_registers_without_confirming_and_may_do_little()
    {
        await using var server = await AccountServer.Start(options => options.GuestsAllowed = true);
        var guest = (await server.Call("POST", "/_matrix/client/v3/register?kind=guest", new { device_id = "MINE", username = "alice", initial_device_display_name = "G" })).Is(200);
        Assert.NotEqual("MINE", guest.String("device_id"));
        Assert.DoesNotContain("alice", guest.String("user_id"), StringComparison.Ordinal);
        var me = (await server.Call("GET", "/_matrix/client/v3/account/whoami", token: guest.AccessToken)).Is(200);
        Assert.True(me.Json.GetProperty("is_guest").GetBoolean());
        (await server.Call("POST", "/_matrix/client/v3/account/password", new { new_password = "x" }, guest.AccessToken)).Is(403, "M_GUEST_ACCESS_FORBIDDEN");
        Assert.Equal("G", (await server.Call("GET", "/_matrix/client/v3/devices", token: guest.AccessToken)).Is(200).Json.GetProperty("devices")[0].GetProperty("display_name").GetString());
    }

    [Fact]
    public async Task A_guest_becomes_a_user_with_its_name()
    {
        await using var server = await AccountServer.Start(options => options.GuestsAllowed = true);
        var guest = (await server.Call("POST", "/_matrix/client/v3/register?kind=guest", new { })).Is(200);
        var name = guest.String("user_id")!.Split(':')[0][1..];
        (await server.Register("other", new { guest_access_token = guest.AccessToken })).Is(400, "M_INVALID_USERNAME");
        (await server.Register(name, new { guest_access_token = "nonsense" })).Is(403, "M_FORBIDDEN");
        (await server.Register(name)).Is(400, "M_USER_IN_USE");
        var user = (await server.Register(name, new { guest_access_token = guest.AccessToken })).Is(200);
        Assert.Equal(guest.String("user_id"), user.String("user_id"));
        Assert.False((await server.Call("GET", "/_matrix/client/v3/account/whoami", token: user.AccessToken)).Json.GetProperty("is_guest").GetBoolean());
        Assert.False((await server.Call("GET", "/_matrix/client/v3/account/whoami", token: guest.AccessToken)).Json.GetProperty("is_guest").GetBoolean());
        (await server.LogIn(name)).Is(200);
    }

    [Fact]
    public async Task The_shared_secret_makes_administrators()
    {
        await using var server = await AccountServer.Start(options => (options.RegistrationSharedSecret, options.Registration) = ("s3cret", RegistrationMode.Closed));
        var admin = await AdminRegister(server, "Boss", admin: true);
        Assert.Equal("@boss:one.test", admin.Is(200).String("user_id"));
        Assert.True((await server.Call("GET", "/_matrix/client/v3/capabilities", token: admin.AccessToken)).Is(200).Json
            .GetProperty("capabilities").GetProperty("m.account_moderation").GetProperty("lock").GetBoolean());

        var user = (await AdminRegister(server, "user", admin: false)).Is(200);
        Assert.False((await server.Call("GET", "/_matrix/client/v3/capabilities", token: user.AccessToken)).Is(200).Json
            .GetProperty("capabilities").TryGetProperty("m.account_moderation", out _));
        (await AdminRegister(server, "user", admin: false)).Is(400, "M_USER_IN_USE");
        (await AdminRegister(server, "a b", admin: false)).Is(400, "M_INVALID_USERNAME");
    }

    [Fact]
    public async Task A_wrong_mac_or_an_old_nonce_makes_nothing()
    {
        await using var server = await AccountServer.Start(options => options.RegistrationSharedSecret = "s3cret");
        (await AdminRegister(server, "boss", admin: true, secret: "guess")).Is(403, "M_FORBIDDEN");
        var nonce = (await server.Call("GET", "/_synapse/admin/v1/register")).Is(200).String("nonce")!;
        (await AdminRegister(server, "boss", admin: true, nonce: nonce[..^1] + (nonce[^1] == '0' ? '1' : '0'))).Is(400, "M_UNKNOWN");
        (await AdminRegister(server, "boss", admin: true, nonce: "abc")).Is(400, "M_UNKNOWN");
        server.Time.Advance(TimeSpan.FromSeconds(90));
        (await AdminRegister(server, "boss", admin: true, nonce: nonce)).Is(400, "M_UNKNOWN");
        (await server.LogIn("boss")).Is(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Without_a_shared_secret_the_admin_registration_is_off()
    {
        await using var server = await AccountServer.Start();
        (await server.Call("GET", "/_synapse/admin/v1/register")).Is(400, "M_UNKNOWN");
    }

    private static async Task<Reply> AdminRegister(AccountServer server, string username, bool admin, string secret = "s3cret", string? nonce = null)
    {
        nonce ??= (await server.Call("GET", "/_synapse/admin/v1/register")).Is(200).String("nonce");
        var message = $"{nonce}\0{username}\0secret\0{(admin ? "admin" : "notadmin")}";
#pragma warning disable CA5350 // The protocol's.
        var mac = Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(message)));
#pragma warning restore CA5350
        return await server.Call("POST", "/_synapse/admin/v1/register", new { nonce, username, password = "secret", admin, mac });
    }
}
