using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>A server that lets nobody register, and one that asks for a registration token.</summary>
public sealed class ClosedRegistrationTests
{
    [Fact]
    public async Task Registration_is_closed_unless_it_is_opened()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions { Registration = "closed" });
        TestScope scope = new(server.BaseAddress, "localhost");
        (await scope.Anonymous().Post($"/v3/register", new { username = "intruder", password = "a password of some length" })).Fails(403, "M_FORBIDDEN");
        (await scope.Anonymous().Post($"/v3/register", new { username = "intruder", password = "a password of some length", auth = new { type = "m.login.dummy" } })).Fails(403, "M_FORBIDDEN");
        (await scope.Anonymous().Post($"/v3/login", new { type = "m.login.password", identifier = new { type = "m.id.user", user = "intruder" }, password = "a password of some length" })).Fails(403, "M_FORBIDDEN");
        Assert.Empty(scope.Violations);
    }

    [Fact]
    public async Task A_registration_token_is_asked_for_and_a_wrong_one_is_refused()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions { Registration = "token" });
        TestScope scope = new(server.BaseAddress, "localhost");
        TestClient client = scope.Anonymous();
        Answer challenge = await client.Post($"/v3/register", new { username = "guest", password = "a password of some length" });
        Assert.Equal(401, challenge.Status);
        Assert.All(challenge.Body.List("flows"), f => Assert.Contains("m.login.registration_token", f.List("stages").Select(s => s.GetString())));
        Answer wrong = await client.Post($"/v3/register", new
        {
            username = "guest",
            password = "a password of some length",
            auth = new { type = "m.login.registration_token", token = "no-such-token", session = challenge.Body.Str("session") },
        });
        Assert.Equal(401, wrong.Status);
        Assert.False((await client.Get($"/v1/register/m.login.registration_token/validity?token={"no-such-token"}")).Ok().Bool("valid"));
        Assert.Empty(scope.Violations);
    }
}
