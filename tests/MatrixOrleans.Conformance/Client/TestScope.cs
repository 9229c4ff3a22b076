using System.Collections.Concurrent;
using MatrixOrleans.Conformance.OpenApi;

namespace MatrixOrleans.Conformance.Client;

/// <summary>The clients of one test and everything that they saw go wrong against the OpenAPI files.</summary>
public sealed class TestScope(Uri server, string host)
{
    private static int _userCount;
    private readonly ConcurrentQueue<string> _violations = new();

    /// <summary>What answers and accepted requests departed from the specification's schemas; stays empty when the specification is not on this machine.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>A client without an account.</summary>
    public TestClient Anonymous(string? serverName = null) => new(this, server, serverName ?? host);

    /// <summary>A new user with a name that no other test has.</summary>
    public async Task<TestClient> User(string name = "user", string? serverName = null)
    {
        TestClient client = Anonymous(serverName);
        await client.Register($"{name}-{Environment.ProcessId}-{Interlocked.Increment(ref _userCount)}");
        return client;
    }

    /// <summary>Checks an exchange and keeps what is wrong with it.</summary>
    public void Saw(Exchange exchange)
    {
        foreach (string problem in ExchangeChecker.ClientServer?.Check(exchange) ?? [])
        {
            _violations.Enqueue(problem);
        }
    }
}
