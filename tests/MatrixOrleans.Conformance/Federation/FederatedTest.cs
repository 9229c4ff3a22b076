using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

[assembly: AssemblyFixture(typeof(MatrixOrleans.Conformance.Federation.FederatedSqliteServer))]
[assembly: AssemblyFixture(typeof(MatrixOrleans.Conformance.Federation.FederatedPostgresServer))]

namespace MatrixOrleans.Conformance.Federation;

/// <summary>A server that trusts the tests' certificate authority and may dial the loopback address.</summary>
public sealed class FederatedSqliteServer : SharedServer
{
    /// <summary>The options that make a server federate in the tests.</summary>
    public static string[] More => ["--federation-ca", TestAuthority.File, "--outbound-private-addresses", "true", "--federation-public-rooms", "true"];

    /// <inheritdoc/>
    protected override Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(new ServerOptions { More = More });
}

/// <summary>The same on PostgreSQL.</summary>
public sealed class FederatedPostgresServer : SharedServer
{
    private PostgresDatabase? _database;

    /// <inheritdoc/>
    protected override async Task<ServerProcess> StartAsync()
    {
        _database = await PostgresDatabase.CreateAsync();
        return await ServerProcess.StartAsync(new ServerOptions { Database = $"postgres:{_database.ConnectionString}", More = FederatedSqliteServer.More });
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }
}

/// <summary>Tests with a homeserver that the test plays. Whatever the server under test asked of it must have been signed as it should be.</summary>
public abstract class FederatedTest(SharedServer server) : ConformanceTest(server), IAsyncLifetime
{
    private readonly List<FakeHomeserver> _others = [];

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        foreach (FakeHomeserver other in _others)
        {
            await other.DisposeAsync();
        }

        await DisposeAsync();
        Assert.Empty(_others.SelectMany(other => other.Faults));
    }

    /// <summary>A homeserver of the test's own.</summary>
    protected async Task<FakeHomeserver> Other()
    {
        FakeHomeserver other = await FakeHomeserver.Start(Server, "localhost");
        _others.Add(other);
        return other;
    }

    /// <summary>A user with the name of a tenant.</summary>
    protected Task<TestClient> Local(string name = "local") => User(name);
}
