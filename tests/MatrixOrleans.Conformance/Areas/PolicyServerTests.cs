using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Areas;

/// <summary>The document in which other servers find the key of a policy server.</summary>
public sealed class PolicyServerTests
{
    private const string Key = "6yhHGKhCiXTSEN2ksjV7kX_N6rBQZ3Xb-M7LlC6NS-s";

    [Fact]
    public async Task The_key_of_the_policy_server_is_told_when_there_is_one()
    {
        string key = Key.Replace('_', '/').Replace('-', '+');
        await using ServerProcess server = await ServerProcess.StartAsync(new ServerOptions { More = ["--policy-server-key", key] });
        TestScope scope = new(server.BaseAddress, "localhost");
        Assert.Equal(key, (await scope.Anonymous().Get($"/.well-known/matrix/policy_server")).Ok().Str("public_keys", "ed25519"));
        Assert.Empty(scope.Violations);
    }
}

/// <summary>A server without a policy server.</summary>
public abstract class NoPolicyServerTests(SharedServer server) : ConformanceTest(server)
{
    [Fact]
    public async Task There_is_no_key_where_there_is_no_policy_server() =>
        (await Scope.Anonymous().Get($"/.well-known/matrix/policy_server")).Fails(404, "M_NOT_FOUND");
}

/// <inheritdoc/>
public sealed class NoPolicyServerOnSqlite(SqliteServer server) : NoPolicyServerTests(server);
