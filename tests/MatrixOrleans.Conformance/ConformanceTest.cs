using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance;

/// <summary>
/// A group of black-box tests. Each group is an abstract class with one sealed class for SQLite and one for PostgreSQL. At the end of each test every
/// exchange that its clients saw must have fitted the specification's OpenAPI files.
/// </summary>
public abstract class ConformanceTest(SharedServer shared) : IAsyncLifetime
{
    /// <summary>The server under test.</summary>
    protected ServerProcess Server { get; private set; } = null!;

    /// <summary>The test's clients.</summary>
    protected TestScope Scope { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Server = await shared.GetAsync();
        Scope = new TestScope(Server.BaseAddress, "localhost");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Scope is not null)
        {
            Assert.True(Scope.Violations.Count == 0, "Against the specification's OpenAPI files:\n" + string.Join('\n', Scope.Violations.Distinct()));
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>A new user.</summary>
    protected Task<TestClient> User(string name = "user") => Scope.User(name);
}
