namespace MatrixOrleans.Server.Tests.Accounts;

/// <summary>Requests that change nothing, all to one server.</summary>
public sealed class BadRequestTests(SharedAccountServer shared) : IClassFixture<SharedAccountServer>
{
    [Theory]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("@alice:one.test")]
    [InlineData("über")]
    [InlineData("a!b")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("☃")]
    public async Task Usernames_follow_the_grammar(string username)
    {
        (await shared.Server.Register(username)).Is(400, "M_INVALID_USERNAME");
        (await shared.Server.Call("GET", "/_matrix/client/v3/register/available?username=" + Uri.EscapeDataString(username))).Is(400, "M_INVALID_USERNAME");
    }

    [Theory]
    [InlineData("{}", "M_MISSING_PARAM")]
    [InlineData("{\"type\":\"m.login.nonsense\"}", "M_UNKNOWN")]
    [InlineData("{\"type\":\"m.login.password\"}", "M_MISSING_PARAM")]
    [InlineData("{\"type\":\"m.login.password\",\"user\":\"a\"}", "M_MISSING_PARAM")]
    [InlineData("{\"type\":\"m.login.password\",\"user\":\"a\",\"password\":1}", "M_BAD_JSON")]
    [InlineData("{\"type\":\"m.login.password\",\"identifier\":[],\"password\":\"x\"}", "M_BAD_JSON")]
    [InlineData("{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.x\"},\"password\":\"x\"}", "M_INVALID_PARAM")]
    [InlineData("{\"type\":\"m.login.token\"}", "M_MISSING_PARAM")]
    [InlineData("[]", "M_BAD_JSON")]
    [InlineData("{", "M_NOT_JSON")]
    public async Task A_malformed_log_in_is_the_clients_error(string body, string errcode)
    {
        (await shared.Server.Call("POST", "/_matrix/client/v3/login", body)).Is(400, errcode);
    }

    [Theory]
    [InlineData("{\"type\":\"m.login.dummy\"}", "M_FORBIDDEN")]
    [InlineData("{\"type\":\"m.login.registration_token\",\"token\":\"x\"}", "M_FORBIDDEN")]
    [InlineData("{\"type\":\"m.login.sso\"}", "M_FORBIDDEN")]
    [InlineData("{\"type\":\"m.login.password\"}", "M_MISSING_PARAM")]
    [InlineData("{\"type\":\"m.login.password\",\"password\":\"\"}", "M_FORBIDDEN")]
    public async Task No_other_stage_will_do(string auth, string errcode)
    {
        var (user, token) = await shared.NewUser();
        (await shared.Server.Call("POST", "/_matrix/client/v3/account/password", $"{{\"new_password\":\"other\",\"auth\":{auth}}}", token)).Is(401, errcode);
        (await shared.Server.LogIn(user, "secret")).Is(200);
    }

    [Theory]
    [InlineData("\"auth\":[]", "M_BAD_JSON")]
    [InlineData("\"auth\":{\"type\":1}", "M_BAD_JSON")]
    [InlineData("\"auth\":{\"type\":\"m.login.password\",\"identifier\":5,\"password\":\"secret\"}", "M_BAD_JSON")]
    public async Task Malformed_auth_is_the_clients_error(string auth, string errcode)
    {
        var (_, token) = await shared.NewUser();
        (await shared.Server.Call("POST", "/_matrix/client/v3/account/password", $"{{\"new_password\":\"other\",{auth}}}", token)).Is(400, errcode);
    }

    [Theory]
    [InlineData("m.login.password", "short")]
    [InlineData("m.login.password", "\"><script>alert(1)</script>")]
    [InlineData("m.login.nonsense", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef")]
    [InlineData("m.login.password", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", "POST")]
    public async Task A_fallback_page_of_nothing_is_not_found(string stage, string session, string method = "GET")
    {
        using var form = new FormUrlEncodedContent([new("password", "x")]);
        (await shared.Server.Send(method, $"/_matrix/client/v3/auth/{stage}/fallback/web?session={Uri.EscapeDataString(session)}", method == "POST" ? form : null)).Is(404);
    }
}

public sealed class SharedAccountServer : IAsyncLifetime
{
    private int _users;

    public AccountServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await AccountServer.Start();

    /// <summary>Somebody new, with the password <c>secret</c>.</summary>
    public async Task<(string Localpart, string Token)> NewUser()
    {
        var localpart = $"user{Interlocked.Increment(ref _users)}";
        return (localpart, (await Server.Register(localpart)).AccessToken);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
