using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>Login, whoami, refresh and logout.</summary>
public abstract class LoginTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task The_login_flows_have_the_password_flow()
    {
        JsonElement flows = (await Scope.Anonymous().Get($"/v3/login")).Ok();
        Assert.Contains("m.login.password", flows.List("flows").Select(f => f.Str("type")));
    }

    [Fact]
    public async Task A_password_login_takes_the_local_part_or_the_whole_user_id()
    {
        TestClient alice = await User();
        string local = alice.UserId[1..alice.UserId.IndexOf(':', StringComparison.Ordinal)];
        TestClient byLocalPart = await alice.Another().Login(local);
        TestClient byUserId = await alice.Another().Login(alice.UserId);
        Assert.Equal(alice.UserId, byLocalPart.UserId);
        Assert.Equal(alice.UserId, byUserId.UserId);
        Assert.NotEqual(byLocalPart.DeviceId, byUserId.DeviceId);
    }

    [Fact]
    public async Task The_deprecated_user_member_still_works()
    {
        TestClient alice = await User();
        Assert.Equal(alice.UserId, (await Scope.Anonymous().Post($"/v3/login", new { type = "m.login.password", user = alice.UserId, password = alice.Password })).Ok().Str("user_id"));
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_user_are_the_same_M_FORBIDDEN()
    {
        TestClient alice = await User();
        Answer wrong = await Scope.Anonymous().Post($"/v3/login", PasswordLogin(alice, "wrong"));
        Answer unknown = await Scope.Anonymous().Post($"/v3/login", new { type = "m.login.password", identifier = new { type = "m.id.user", user = "nobody-at-all" }, password = "x" });
        Assert.Equal(wrong.Fails(403, "M_FORBIDDEN").Str("error"), unknown.Fails(403, "M_FORBIDDEN").Str("error"));
    }

    [Fact]
    public async Task A_user_of_another_server_cannot_log_in_here() =>
        (await Scope.Anonymous().Post($"/v3/login", new { type = "m.login.password", identifier = new { type = "m.id.user", user = "@alice:elsewhere.example" }, password = "x" })).Fails(403, "M_FORBIDDEN");

    [Fact]
    public async Task Bad_login_requests_are_400()
    {
        TestClient nobody = Scope.Anonymous();
        (await nobody.Post($"/v3/login", new { type = "m.login.unheard_of" })).FailsWithOneOf(400, "M_UNKNOWN", "M_INVALID_PARAM");
        (await nobody.Post($"/v3/login", new { password = "x" })).FailsWithOneOf(400, "M_MISSING_PARAM", "M_BAD_JSON");
        (await nobody.Post($"/v3/login", new { type = "m.login.password" })).FailsWithOneOf(400, "M_MISSING_PARAM", "M_BAD_JSON", "M_INVALID_PARAM");
        (await nobody.Post($"/v3/login", new { type = 7 })).Fails(400, "M_BAD_JSON");
    }

    [Fact]
    public async Task Logging_in_with_a_known_device_id_keeps_the_device_and_ends_its_old_token()
    {
        TestClient alice = await User();
        TestClient again = await alice.Another().Login(alice.UserId, alice.DeviceId);
        Assert.Equal(alice.DeviceId, again.DeviceId);
        Assert.Single((await again.Get($"/v3/devices")).Ok().List("devices"));
        (await alice.Get($"/v3/account/whoami")).Fails(401, "M_UNKNOWN_TOKEN");
    }

    [Fact]
    public async Task Whoami_tells_user_and_device()
    {
        TestClient alice = await User();
        JsonElement me = (await alice.Get($"/v3/account/whoami")).Ok();
        Assert.Equal(alice.UserId, me.Str("user_id"));
        Assert.Equal(alice.DeviceId, me.Str("device_id"));
        Assert.False(me.Has("is_guest") && me.Bool("is_guest"));
    }

    [Fact]
    public async Task A_missing_or_unknown_token_is_401()
    {
        TestClient nobody = Scope.Anonymous();
        (await nobody.Get($"/v3/account/whoami")).Fails(401, "M_MISSING_TOKEN");
        nobody.AccessToken = "no-such-token";
        (await nobody.Get($"/v3/account/whoami")).Fails(401, "M_UNKNOWN_TOKEN");
        (await nobody.Get($"/v3/sync")).Fails(401, "M_UNKNOWN_TOKEN");
        (await nobody.Post($"/v3/createRoom")).Fails(401, "M_UNKNOWN_TOKEN");
    }

    [Fact]
    public async Task Logout_ends_the_token_and_removes_the_device()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        (await phone.Post($"/v3/logout")).Ok();
        (await phone.Get($"/v3/account/whoami")).Fails(401, "M_UNKNOWN_TOKEN");
        JsonElement[] devices = (await laptop.Get($"/v3/devices")).Ok().List("devices");
        Assert.Equal(laptop.DeviceId, Assert.Single(devices).Str("device_id"));
    }

    [Fact]
    public async Task Logging_out_everywhere_ends_every_session()
    {
        TestClient phone = await User();
        TestClient laptop = await phone.SecondDevice();
        (await phone.Post($"/v3/logout/all")).Ok();
        (await phone.Get($"/v3/account/whoami")).Fails(401, "M_UNKNOWN_TOKEN");
        (await laptop.Get($"/v3/account/whoami")).Fails(401, "M_UNKNOWN_TOKEN");
        await phone.Another().Login(phone.UserId);
    }

    [Fact]
    public async Task A_refresh_gives_new_tokens_for_the_same_device()
    {
        TestClient alice = await User();
        (TestClient session, string refresh) = await LoginWithRefresh(alice);
        JsonElement renewed = (await session.Another().Post($"/v3/refresh", new { refresh_token = refresh })).Ok();
        TestClient later = session.Another();
        later.AccessToken = renewed.Str("access_token");
        Assert.NotEqual(session.AccessToken, later.AccessToken);
        JsonElement me = (await later.Get($"/v3/account/whoami")).Ok();
        Assert.Equal(session.DeviceId, me.Str("device_id"));
        Assert.Equal(alice.UserId, me.Str("user_id"));
    }

    [Fact]
    public async Task Using_the_new_access_token_ends_the_old_refresh_token()
    {
        TestClient alice = await User();
        (TestClient session, string first) = await LoginWithRefresh(alice);
        JsonElement renewed = (await session.Another().Post($"/v3/refresh", new { refresh_token = first })).Ok();
        TestClient later = session.Another();
        later.AccessToken = renewed.Str("access_token");
        (await later.Get($"/v3/account/whoami")).Ok();
        (await session.Another().Post($"/v3/refresh", new { refresh_token = first })).Fails(401, "M_UNKNOWN_TOKEN");
        string second = renewed.Has("refresh_token") ? renewed.Str("refresh_token") : first;
        (await session.Another().Post($"/v3/refresh", new { refresh_token = second })).Ok();
    }

    [Fact]
    public async Task An_unknown_refresh_token_is_401() => (await Scope.Anonymous().Post($"/v3/refresh", new { refresh_token = "nonsense" })).Fails(401, "M_UNKNOWN_TOKEN");

    [Fact]
    public async Task Logout_ends_the_refresh_token_too()
    {
        TestClient alice = await User();
        (TestClient session, string refresh) = await LoginWithRefresh(alice);
        (await session.Post($"/v3/logout")).Ok();
        (await session.Another().Post($"/v3/refresh", new { refresh_token = refresh })).Fails(401, "M_UNKNOWN_TOKEN");
    }

    [Fact]
    public async Task A_login_token_logs_a_new_device_in_once()
    {
        TestClient alice = await User();
        Answer given = await alice.WithPassword(auth => alice.Post($"/v1/login/get_token", auth is null ? "{}" : new { auth }));
        Assert.SkipWhen(given.Errcode == "M_UNRECOGNIZED", "The server gives no login tokens.");
        string token = given.Ok().Str("login_token");
        TestClient tablet = alice.Another();
        tablet.Became((await tablet.Post($"/v3/login", new { type = "m.login.token", token })).Ok());
        Assert.Equal(alice.UserId, tablet.UserId);
        (await Scope.Anonymous().Post($"/v3/login", new { type = "m.login.token", token })).Fails(403, "M_FORBIDDEN");
    }

    /// <summary>The body of a password login.</summary>
    internal static object PasswordLogin(TestClient user, string? password = null) =>
        new { type = "m.login.password", identifier = new { type = "m.id.user", user = user.UserId }, password = password ?? user.Password };

    private static async Task<(TestClient Session, string RefreshToken)> LoginWithRefresh(TestClient user)
    {
        JsonElement answer = (await user.Another().Post($"/v3/login", new
        {
            type = "m.login.password",
            identifier = new { type = "m.id.user", user = user.UserId },
            password = user.Password,
            refresh_token = true,
        })).Ok();
        return (user.Another().Became(answer), answer.Str("refresh_token"));
    }
}

/// <inheritdoc/>
public sealed class LoginOnSqlite(SqliteServer server) : LoginTests(server);

/// <inheritdoc/>
public sealed class LoginOnPostgres(PostgresServer server) : LoginTests(server);
