using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Contracts.Accounts;

namespace MatrixOrleans.Server.Tests.Accounts;

public sealed class SessionTests
{
    [Fact]
    public async Task Log_in_by_password_takes_localpart_full_id_and_the_legacy_member()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        Assert.Equal("@alice:one.test", (await server.LogIn("alice")).Is(200).String("user_id"));
        (await server.LogIn("@alice:one.test")).Is(200);
        (await server.Call("POST", "/_matrix/client/r0/login", new { type = "m.login.password", user = "alice", password = "secret" })).Is(200);
    }

    [Fact]
    public async Task Wrong_users_and_passwords_are_told_alike()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var wrong = (await server.LogIn("alice", "guess")).Is(403, "M_FORBIDDEN");
        Assert.Equal(wrong.Text, (await server.LogIn("nobody")).Is(403).Text);
        Assert.Equal(wrong.Text, (await server.LogIn("@alice:elsewhere.test")).Is(403).Text);
        Assert.Equal(wrong.Text, (await server.LogIn("a b:c")).Is(403).Text);
        (await server.Call("POST", "/_matrix/client/v3/login", new { type = "m.login.password", identifier = new { type = "m.id.thirdparty", medium = "email", address = "a@b" }, password = "x" })).Is(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task The_flows_are_told()
    {
        await using var server = await AccountServer.Start();
        var flows = (await server.Call("GET", "/_matrix/client/v3/login")).Is(200).Json.GetProperty("flows");
        Assert.Equal("m.login.password", flows[0].GetProperty("type").GetString());
        Assert.True(flows[1].GetProperty("get_login_token").GetBoolean());
    }

    [Fact]
    public async Task Logging_in_to_a_device_again_ends_its_old_tokens_and_keeps_its_name()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var first = (await server.Call("POST", "/_matrix/client/v3/login", new { type = "m.login.password", user = "alice", password = "secret", device_id = "D", initial_device_display_name = "First" })).Is(200);
        Assert.Equal(200, await server.WhoAmI(first.AccessToken));
        var second = (await server.Call("POST", "/_matrix/client/v3/login", new { type = "m.login.password", user = "alice", password = "secret", device_id = "D", initial_device_display_name = "Second" })).Is(200);
        Assert.Equal("D", second.String("device_id"));
        Assert.Equal(401, await server.WhoAmI(first.AccessToken));
        Assert.Equal("First", (await server.Call("GET", "/_matrix/client/v3/devices/D", token: second.AccessToken)).Is(200).String("display_name"));
    }

    [Fact]
    public async Task Logging_out_removes_the_device_and_nothing_else()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var (a, b) = ((await server.LogIn("alice", device: "A")).AccessToken, (await server.LogIn("alice", device: "B")).AccessToken);
        Assert.Equal(200, await server.WhoAmI(a));
        (await server.Call("POST", "/_matrix/client/v3/logout", token: a)).Is(200);
        (await server.Call("GET", "/_matrix/client/v3/account/whoami", token: a)).Is(401, "M_UNKNOWN_TOKEN");
        (await server.Call("GET", "/_matrix/client/v3/devices/A", token: b)).Is(404, "M_NOT_FOUND");
        (await server.Call("GET", "/_matrix/client/v3/devices/B", token: b)).Is(200);
    }

    [Fact]
    public async Task Logging_out_everywhere_ends_every_session()
    {
        await using var server = await AccountServer.Start();
        var first = (await server.Register("alice")).AccessToken;
        var second = (await server.LogIn("alice")).AccessToken;
        var other = (await server.Register("bob")).AccessToken;
        (await server.Call("POST", "/_matrix/client/v3/logout/all", token: first)).Is(200);
        Assert.Equal(401, await server.WhoAmI(first));
        Assert.Equal(401, await server.WhoAmI(second));
        Assert.Equal(200, await server.WhoAmI(other));
        Assert.Equal(1, (await server.Call("GET", "/_matrix/client/v3/devices", token: (await server.LogIn("alice")).AccessToken)).Json.GetProperty("devices").GetArrayLength());
    }

    [Fact]
    public async Task A_missing_token_and_an_unknown_one_are_different_errors()
    {
        await using var server = await AccountServer.Start();
        (await server.Call("GET", "/_matrix/client/v3/account/whoami")).Is(401, "M_MISSING_TOKEN");
        var unknown = (await server.Call("GET", "/_matrix/client/v3/account/whoami", token: "nonsense")).Is(401, "M_UNKNOWN_TOKEN");
        Assert.False(unknown.Has("soft_logout"));
    }

    [Fact]
    public async Task An_expired_token_is_a_soft_logout_and_can_be_refreshed()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var session = (await server.LogIn("alice", refresh: true)).Is(200);
        Assert.Equal(3_600_000, session.Json.GetProperty("expires_in_ms").GetInt64());
        Assert.Equal(200, await server.WhoAmI(session.AccessToken));
        server.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.True((await server.Call("GET", "/_matrix/client/v3/account/whoami", token: session.AccessToken)).Is(401, "M_UNKNOWN_TOKEN").Json.GetProperty("soft_logout").GetBoolean());

        var renewed = (await Refresh(server, session)).Is(200);
        Assert.NotEqual(session.AccessToken, renewed.AccessToken);
        Assert.Equal(3_600_000, renewed.Json.GetProperty("expires_in_ms").GetInt64());
        var me = (await server.Call("GET", "/_matrix/client/v3/account/whoami", token: renewed.AccessToken)).Is(200);
        Assert.Equal(session.String("device_id"), me.String("device_id"));
    }

    [Fact]
    public async Task The_old_refresh_token_stays_good_until_the_new_access_token_is_used()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var first = (await server.LogIn("alice", refresh: true)).Is(200);
        (await Refresh(server, first)).Is(200);

        // The answer got lost: again.
        var second = (await Refresh(server, first)).Is(200);
        Assert.Equal(200, await server.WhoAmI(second.AccessToken));
        (await Refresh(server, first)).Is(401, "M_UNKNOWN_TOKEN");
        (await Refresh(server, second)).Is(200);
    }

    [Fact]
    public async Task The_old_refresh_token_ends_when_the_new_one_is_used()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var first = (await server.LogIn("alice", refresh: true)).Is(200);
        var second = (await Refresh(server, first)).Is(200);
        var third = (await Refresh(server, second)).Is(200);
        (await Refresh(server, first)).Is(401, "M_UNKNOWN_TOKEN");
        (await Refresh(server, second)).Is(200);
        Assert.Equal(200, await server.WhoAmI(third.AccessToken));
    }

    [Fact]
    public async Task An_access_token_is_no_refresh_token_nor_the_other_way_round()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var session = (await server.LogIn("alice", refresh: true)).Is(200);
        (await server.Call("POST", "/_matrix/client/v3/refresh", new { refresh_token = session.AccessToken })).Is(401, "M_UNKNOWN_TOKEN");
        Assert.Equal(401, await server.WhoAmI(session.String("refresh_token")!));
        (await server.Call("POST", "/_matrix/client/v3/refresh", new { })).Is(400, "M_MISSING_PARAM");
    }

    [Fact]
    public async Task A_log_out_ends_the_refresh_token_too()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var session = (await server.LogIn("alice", refresh: true)).Is(200);
        (await server.Call("POST", "/_matrix/client/v3/logout", token: session.AccessToken)).Is(200);
        var refused = (await Refresh(server, session)).Is(401, "M_UNKNOWN_TOKEN");
        Assert.False(refused.Has("soft_logout"));
    }

    [Fact]
    public async Task A_login_token_logs_in_once_and_not_for_long()
    {
        await using var server = await AccountServer.Start();
        var alice = (await server.Register("alice")).AccessToken;
        var made = (await server.Call("POST", "/_matrix/client/v1/login/get_token", new { auth = AccountServer.ByPassword("alice") }, alice)).Is(200);
        Assert.Equal(120_000, made.Json.GetProperty("expires_in_ms").GetInt64());
        var session = (await ByToken(server, made.String("login_token")!)).Is(200);
        Assert.Equal("@alice:one.test", session.String("user_id"));
        (await ByToken(server, made.String("login_token")!)).Is(403, "M_FORBIDDEN");

        var late = (await server.Call("POST", "/_matrix/client/v1/login/get_token", new { auth = AccountServer.ByPassword("alice") }, alice)).Is(200);
        server.Time.Advance(TimeSpan.FromMinutes(3));
        (await ByToken(server, late.String("login_token")!)).Is(403, "M_FORBIDDEN");
        (await ByToken(server, alice)).Is(403, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Each_login_token_is_confirmed_anew()
    {
        await using var server = await AccountServer.Start();
        var alice = (await server.Register("alice")).AccessToken;
        var session = (await server.Call("POST", "/_matrix/client/v1/login/get_token", new { }, alice)).Is(401).String("session")!;
        (await server.Call("POST", "/_matrix/client/v1/login/get_token", new { auth = AccountServer.ByPassword("alice", session: session) }, alice)).Is(200);
        (await server.Call("POST", "/_matrix/client/v1/login/get_token", new { auth = new { session } }, alice)).Is(401);
    }

    [Fact]
    public async Task Tokens_are_kept_only_as_hashes()
    {
        await using var server = await AccountServer.Start();
        var session = (await server.Register("alice")).Is(200);
        var found = await server.Grains.GetGrain<ISessionGrain>(0).Find(SHA256.HashData(Encoding.UTF8.GetBytes(session.AccessToken)));
        Assert.Equal("@alice:one.test", found!.User.Value);
        Assert.StartsWith("mo_at_", session.AccessToken, StringComparison.Ordinal);
        Assert.Null(await server.Grains.GetGrain<ISessionGrain>(0).Find(Encoding.UTF8.GetBytes(session.AccessToken)));
    }

    private static Task<Reply> Refresh(AccountServer server, Reply session) =>
        server.Call("POST", "/_matrix/client/v3/refresh", new { refresh_token = session.String("refresh_token") });

    private static Task<Reply> ByToken(AccountServer server, string token) => server.Call("POST", "/_matrix/client/v3/login", new { type = "m.login.token", token });
}
