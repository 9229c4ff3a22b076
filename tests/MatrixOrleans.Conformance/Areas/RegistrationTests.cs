using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>POST /register, its user-interactive authentication, and GET /register/available.</summary>
public abstract class RegistrationTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task Registering_asks_for_stages_and_then_gives_an_account_and_a_session()
    {
        TestClient client = Scope.Anonymous();
        string username = NewName();
        JsonElement challenge = (await client.Post($"/v3/register", new { username, password = "a password of some length" })).Body;
        string session = challenge.Str("session");
        Assert.Contains(challenge.List("flows"), f => f.List("stages").Select(s => s.GetString()).SequenceEqual(["m.login.dummy"]));
        JsonElement account = (await client.Post($"/v3/register", new { username, password = "a password of some length", auth = new { type = "m.login.dummy", session } })).Ok();
        Assert.Equal($"@{username}:localhost", account.Str("user_id"));
        client.Became(account);
        Assert.NotEmpty(client.AccessToken);
        Assert.NotEmpty(client.DeviceId);
        Assert.Equal(client.UserId, (await client.Get($"/v3/account/whoami")).Ok().Str("user_id"));
    }

    [Fact]
    public async Task The_challenge_is_401_and_no_account_is_made_by_it()
    {
        TestClient client = Scope.Anonymous();
        string username = NewName();
        Answer challenge = await client.Post($"/v3/register", new { username, password = client.Password });
        Assert.Equal(401, challenge.Status);
        Assert.True((await client.Get($"/v3/register/available?username={username}")).Ok().Bool("available"));
    }

    [Fact]
    public async Task A_wrong_stage_is_refused_and_tells_what_is_left()
    {
        TestClient client = Scope.Anonymous();
        string username = NewName();
        string session = (await client.Post($"/v3/register", new { username, password = client.Password })).Body.Str("session");
        Answer answer = await client.Post($"/v3/register", new { username, password = client.Password, auth = new { type = "m.login.no_such_stage", session } });
        Assert.True(answer.Status is 400 or 401, answer.Text);
        Assert.True((await client.Get($"/v3/register/available?username={username}")).Ok().Bool("available"));
    }

    [Fact]
    public async Task A_device_id_and_name_can_be_chosen()
    {
        TestClient client = Scope.Anonymous();
        string username = NewName();
        string session = (await client.Post($"/v3/register", new { username, password = client.Password })).Body.Str("session");
        client.Became((await client.Post($"/v3/register", new
        {
            username,
            password = client.Password,
            device_id = "MYDEVICE",
            initial_device_display_name = "Jungle Phone",
            auth = new { type = "m.login.dummy", session },
        })).Ok());
        Assert.Equal("MYDEVICE", client.DeviceId);
        Assert.Equal("Jungle Phone", (await client.Get($"/v3/devices/MYDEVICE")).Ok().Str("display_name"));
    }

    [Fact]
    public async Task Inhibit_login_makes_the_account_and_no_session()
    {
        TestClient client = Scope.Anonymous();
        string username = NewName();
        string session = (await client.Post($"/v3/register", new { username, password = client.Password })).Body.Str("session");
        JsonElement answer = (await client.Post($"/v3/register", new { username, password = client.Password, inhibit_login = true, auth = new { type = "m.login.dummy", session } })).Ok();
        Assert.False(answer.Has("access_token"));
        Assert.False(answer.Has("device_id"));
        await client.Login(answer.Str("user_id"));
    }

    [Fact]
    public async Task A_user_id_is_made_up_when_no_name_is_given()
    {
        TestClient client = Scope.Anonymous();
        string session = (await client.Post($"/v3/register", new { password = client.Password })).Body.Str("session");
        JsonElement answer = (await client.Post($"/v3/register", new { password = client.Password, auth = new { type = "m.login.dummy", session } })).Ok();
        Assert.Matches("^@.+:localhost$", answer.Str("user_id"));
    }

    [Fact]
    public async Task A_refresh_token_comes_only_when_it_is_asked_for()
    {
        TestClient client = Scope.Anonymous();
        string username = NewName();
        string session = (await client.Post($"/v3/register", new { username, password = client.Password })).Body.Str("session");
        JsonElement answer = (await client.Post($"/v3/register", new { username, password = client.Password, refresh_token = true, auth = new { type = "m.login.dummy", session } })).Ok();
        Assert.NotEmpty(answer.Str("refresh_token"));
        Assert.True(answer.Int("expires_in_ms") > 0);
        TestClient other = await User();
        JsonElement login = (await Scope.Anonymous().Post($"/v3/login", LoginTests.PasswordLogin(other))).Ok();
        Assert.False(login.Has("refresh_token"));
    }

    [Fact]
    public async Task A_taken_name_is_M_USER_IN_USE()
    {
        TestClient alice = await User();
        string taken = alice.UserId[1..alice.UserId.IndexOf(':', StringComparison.Ordinal)];
        (await Scope.Anonymous().Post($"/v3/register", new { username = taken, password = alice.Password })).Fails(400, "M_USER_IN_USE");
        (await Scope.Anonymous().Get($"/v3/register/available?username={taken}")).Fails(400, "M_USER_IN_USE");
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("Ünicode")]
    [InlineData("co:lon")]
    [InlineData("@at")]
    public async Task A_name_outside_the_grammar_is_M_INVALID_USERNAME(string name)
    {
        (await Scope.Anonymous().Post($"/v3/register", new { username = name, password = "a password of some length" })).Fails(400, "M_INVALID_USERNAME");
        (await Scope.Anonymous().Get($"/v3/register/available?username={name}")).Fails(400, "M_INVALID_USERNAME");
    }

    [Fact]
    public async Task A_name_too_long_for_a_user_id_is_M_INVALID_USERNAME() =>
        (await Scope.Anonymous().Get($"/v3/register/available?username={new string('a', 250)}")).Fails(400, "M_INVALID_USERNAME");

    [Fact]
    public async Task An_unknown_kind_is_refused() =>
        (await Scope.Anonymous().Post($"/v3/register?kind=robot", new { username = NewName(), password = "a password of some length" }))
            .FailsWithOneOf(400, "M_UNKNOWN", "M_INVALID_PARAM", "M_UNRECOGNIZED");

    [Fact]
    public async Task A_new_user_is_known_by_the_local_part_as_display_name_or_by_none()
    {
        TestClient alice = await User("alice");
        Answer profile = await alice.Get($"/v3/profile/{alice.UserId}");
        Assert.True(profile.Status is 200 or 404, profile.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_registration_whose_answer_got_lost_can_be_repeated(bool named)
    {
        TestClient client = Scope.Anonymous();
        string username = NewName();
        string session = (await client.Post($"/v3/register", named ? new { username, password = client.Password } : new { password = client.Password })).Body.Str("session");
        Task<Answer> Register(string password)
        {
            object auth = new { type = "m.login.dummy", session };
            return client.Post($"/v3/register", named ? new { username, password, auth } : new { password, auth });
        }
        JsonElement account = (await Register(client.Password)).Ok();
        Assert.Equal(account.GetRawText(), (await Register(client.Password)).Ok().GetRawText());
        Assert.NotEqual(200, (await Register("another password")).Status);
    }

    private static string NewName() => $"new-{Guid.NewGuid():N}"[..20];
}

/// <inheritdoc/>
public sealed class RegistrationOnSqlite(SqliteServer server) : RegistrationTests(server);

/// <inheritdoc/>
public sealed class RegistrationOnPostgres(PostgresServer server) : RegistrationTests(server);
