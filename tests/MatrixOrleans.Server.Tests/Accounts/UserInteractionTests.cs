using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Server.Tests.Accounts;

public sealed class UserInteractionTests
{
    private const string Password = "/_matrix/client/v3/account/password";

    [Fact]
    public async Task A_challenge_names_flows_parameters_and_session()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        var challenge = (await server.Call("POST", Password, new { new_password = "other" }, token)).Is(401);
        Assert.Equal("m.login.password", challenge.Json.GetProperty("flows")[0].GetProperty("stages")[0].GetString());
        Assert.Equal("{}", challenge.Json.GetProperty("params").GetRawText());
        Assert.Equal("[]", challenge.Json.GetProperty("completed").GetRawText());
        Assert.Matches("^[A-Za-z]{32}$", challenge.String("session"));
        Assert.False(challenge.Has("errcode"));
    }

    [Fact]
    public async Task A_failed_stage_keeps_the_session_and_says_why()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        var session = (await server.Call("POST", Password, new { new_password = "other" }, token)).Is(401).String("session")!;
        var failed = (await server.Call("POST", Password, new { new_password = "other", auth = AccountServer.ByPassword("alice", "wrong", session) }, token)).Is(401, "M_FORBIDDEN");
        Assert.Equal(session, failed.String("session"));
        Assert.True(failed.Has("flows"));
        (await server.Call("POST", Password, new { new_password = "other", auth = AccountServer.ByPassword("alice", session: session) }, token)).Is(200);
        (await server.LogIn("alice", "other")).Is(200);
    }

    [Fact]
    public async Task Only_the_owner_of_the_token_can_confirm()
    {
        await using var server = await AccountServer.Start();
        var alice = (await server.Register("alice")).AccessToken;
        await server.Register("mallory");
        (await server.Call("POST", Password, new { new_password = "other", auth = AccountServer.ByPassword("mallory") }, alice)).Is(401, "M_FORBIDDEN");
        (await server.Call("POST", Password, new { new_password = "other", auth = AccountServer.ByPassword("@alice:two.test") }, alice)).Is(401, "M_FORBIDDEN");
        (await server.Call("POST", Password, new { new_password = "other", auth = AccountServer.ByPassword("@alice:elsewhere.test") }, alice)).Is(401, "M_FORBIDDEN");
        (await server.LogIn("alice", "secret")).Is(200);
        (await server.LogIn("mallory", "secret")).Is(200);
    }

    [Theory]
    [InlineData("{\"type\":\"m.login.dummy\"}", "M_FORBIDDEN")]
    [InlineData("{\"type\":\"m.login.registration_token\",\"token\":\"x\"}", "M_FORBIDDEN")]
    [InlineData("{\"type\":\"m.login.sso\"}", "M_FORBIDDEN")]
    [InlineData("{\"type\":\"m.login.password\"}", "M_MISSING_PARAM")]
    [InlineData("{\"type\":\"m.login.password\",\"password\":\"\"}", "M_FORBIDDEN")]
    public async Task No_other_stage_will_do(string auth, string errcode)
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        (await server.Call("POST", Password, $"{{\"new_password\":\"other\",\"auth\":{auth}}}", token)).Is(401, errcode);
        (await server.LogIn("alice", "secret")).Is(200);
    }

    [Theory]
    [InlineData("\"auth\":[]", "M_BAD_JSON")]
    [InlineData("\"auth\":{\"type\":1}", "M_BAD_JSON")]
    [InlineData("\"auth\":{\"type\":\"m.login.password\",\"identifier\":5,\"password\":\"secret\"}", "M_BAD_JSON")]
    public async Task Malformed_auth_is_the_clients_error(string auth, string errcode)
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        (await server.Call("POST", Password, $"{{\"new_password\":\"other\",{auth}}}", token)).Is(400, errcode);
    }

    [Fact]
    public async Task A_session_counts_for_its_user_device_and_operation_only()
    {
        await using var server = await AccountServer.Start();
        var alice = (await server.Register("alice")).AccessToken;
        var otherDevice = (await server.LogIn("alice")).AccessToken;
        var bob = (await server.Register("bob")).AccessToken;
        var session = (await server.Call("DELETE", "/_matrix/client/v3/devices/X", new { }, alice)).Is(401).String("session")!;
        foreach (var (path, token) in new[] { ("/_matrix/client/v3/devices/Y", alice), ("/_matrix/client/v3/devices/X", otherDevice), ("/_matrix/client/v3/devices/X", bob) })
        {
            var refused = (await server.Call("DELETE", path, new { auth = AccountServer.ByPassword(token == bob ? "bob" : "alice", session: session) }, token)).Is(401, "M_FORBIDDEN");
            Assert.NotEqual(session, refused.String("session"));
        }

        (await server.Call("DELETE", "/_matrix/client/v3/devices/X", new { auth = AccountServer.ByPassword("alice", session: session) }, alice)).Is(200);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef")]
    public async Task An_unknown_session_is_answered_with_a_new_one(string session)
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        var refused = (await server.Call("POST", Password, new { new_password = "x", auth = AccountServer.ByPassword("alice", session: session) }, token)).Is(401, "M_FORBIDDEN");
        Assert.NotEqual(session, refused.String("session"));
        (await server.Call("POST", Password, new { new_password = "x", auth = AccountServer.ByPassword("alice", session: refused.String("session")) }, token)).Is(200);
    }

    [Fact]
    public async Task A_session_ends_after_five_idle_minutes()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        var session = (await server.Call("POST", Password, new { new_password = "x" }, token)).Is(401).String("session")!;
        server.Time.Advance(TimeSpan.FromMinutes(4));
        (await server.Call("POST", Password, new { new_password = "x", auth = new { session } }, token)).Is(401);
        server.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(session, (await server.Call("POST", Password, new { new_password = "x", auth = new { session } }, token)).Is(401).String("session"));
        server.Time.Advance(TimeSpan.FromMinutes(6));
        (await server.Call("POST", Password, new { new_password = "x", auth = AccountServer.ByPassword("alice", session: session) }, token)).Is(401, "M_FORBIDDEN");
    }

    [Fact]
    public async Task Guessing_ends_the_session()
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        var session = (await server.Call("POST", Password, new { new_password = "x" }, token)).Is(401).String("session")!;
        for (var i = 0; i < 10; i++)
        {
            (await server.Call("POST", Password, new { new_password = "x", auth = AccountServer.ByPassword("alice", "guess" + i, session) }, token)).Is(401, "M_FORBIDDEN");
        }

        Assert.NotEqual(session, (await server.Call("POST", Password, new { new_password = "x", auth = AccountServer.ByPassword("alice", session: session) }, token)).Is(401).String("session"));
    }

    [Fact]
    public async Task Stages_are_completed_one_after_the_other()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var grain = server.Grains.GetGrain<IUiaSessionGrain>("two stages");
        var request = new UiaRequest
        {
            Operation = "op",
            Flows = [[UiaStage.Password, UiaStage.Dummy]],
            Parameters = """{"a":1}""",
            IsNew = false,
        };
        Assert.True((await grain.Submit(request)).IsUnknown);
        Assert.False((await grain.Submit(request with { IsNew = true })).IsDone);

        var early = await grain.Submit(request with { Attempt = new UiaAttempt { Stage = UiaStage.Dummy } });
        Assert.Equal("M_FORBIDDEN", early.Error?.Code);
        Assert.Empty(early.Completed);

        var first = await grain.Submit(request with { Attempt = new UiaAttempt { Stage = UiaStage.Password, User = UserId.Parse("@alice:one.test"), Password = "secret" } });
        Assert.False(first.IsDone);
        Assert.Equal([UiaStage.Password], first.Completed);

        var retried = await grain.Submit(request with { Attempt = new UiaAttempt { Stage = UiaStage.Password, Password = "wrong" } });
        Assert.Null(retried.Error);
        Assert.False(retried.IsDone);

        var done = await grain.Submit(request with { Parameters = "{}", Attempt = new UiaAttempt { Stage = UiaStage.Dummy } });
        Assert.True(done.IsDone);
        Assert.Equal("""{"a":1}""", done.Parameters);
        Assert.Equal("@alice:one.test", done.User?.Value);
        Assert.True((await grain.Submit(request)).IsUnknown);
    }

    [Fact]
    public async Task What_was_confirmed_cannot_be_exchanged()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var grain = server.Grains.GetGrain<IUiaSessionGrain>("frozen");
        var alice = UserId.Parse("@alice:one.test");
        var request = new UiaRequest
        {
            Operation = "op",
            User = alice,
            DeviceId = "D",
            Flows = [[UiaStage.Password, UiaStage.Dummy]],
            Parameters = """{"devices":["A"]}""",
            IsNew = true,
            Attempt = new UiaAttempt { Stage = UiaStage.Password, Password = "secret" },
        };
        Assert.Single((await grain.Submit(request)).Completed);
        var changed = await grain.Submit(request with { Parameters = """{"devices":["B"]}""", Attempt = new UiaAttempt { Stage = UiaStage.Dummy } });
        Assert.False(changed.IsDone);
        Assert.Equal("M_FORBIDDEN", changed.Error?.Code);
        Assert.True((await grain.Submit(request with { Attempt = new UiaAttempt { Stage = UiaStage.Dummy } })).IsDone);
    }

    [Fact]
    public async Task A_confirmation_serves_one_of_two_concurrent_requests()
    {
        await using var server = await AccountServer.Start();
        await server.Register("alice");
        var grain = server.Grains.GetGrain<IUiaSessionGrain>("race");
        var request = new UiaRequest
        {
            Operation = "op",
            User = UserId.Parse("@alice:one.test"),
            Flows = [[UiaStage.Password]],
            Parameters = "{}",
            IsNew = true,
        };
        await grain.Submit(request);
        var attempt = request with { IsNew = false, Attempt = new UiaAttempt { Stage = UiaStage.Password, Password = "secret" } };
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => grain.Submit(attempt).AsTask()));
        Assert.Single(outcomes, outcome => outcome.IsDone);
    }

    [Theory]
    [InlineData("m.login.password", "password", "secret")]
    [InlineData("m.login.dummy", "", "")]
    public async Task The_fallback_page_completes_a_stage(string stage, string field, string value)
    {
        await using var server = await AccountServer.Start();
        var token = (await server.Register("alice")).AccessToken;
        var isPassword = stage == UiaStage.Password;
        var body = isPassword ? new { new_password = "other" } : (object)new { username = "bob", password = "x" };
        var path = isPassword ? Password : "/_matrix/client/v3/register";
        var session = (await server.Call("POST", path, body, isPassword ? token : null)).Is(401).String("session")!;

        var page = $"/_matrix/client/v3/auth/{stage}/fallback/web?session={session}";
        Assert.Contains("<form", (await server.Call("GET", page)).Is(200).Text, StringComparison.Ordinal);
        if (isPassword)
        {
            using var wrong = new FormUrlEncodedContent([new(field, "wrong")]);
            Assert.DoesNotContain("onAuthDone", (await server.Send("POST", page, wrong)).Is(401).Text, StringComparison.Ordinal);
        }

        using var right = new FormUrlEncodedContent([new(field, value)]);
        Assert.Contains("window.onAuthDone()", (await server.Send("POST", page, right)).Is(200).Text, StringComparison.Ordinal);
        (await server.Call("POST", path, new { auth = new { session } }, isPassword ? token : null)).Is(200);
        (await (isPassword ? server.LogIn("alice", "other") : server.LogIn("bob", "x"))).Is(200);
    }

    [Theory]
    [InlineData("m.login.password", "short")]
    [InlineData("m.login.password", "\"><script>alert(1)</script>")]
    [InlineData("m.login.nonsense", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef")]
    [InlineData("m.login.password", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", "POST")]
    public async Task A_fallback_page_of_nothing_is_not_found(string stage, string session, string method = "GET")
    {
        await using var server = await AccountServer.Start();
        using var form = new FormUrlEncodedContent([new("password", "x")]);
        (await server.Send(method, $"/_matrix/client/v3/auth/{stage}/fallback/web?session={Uri.EscapeDataString(session)}", method == "POST" ? form : null)).Is(404);
    }
}
