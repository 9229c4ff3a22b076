using MatrixOrleans.Conformance.Hosting;

[assembly: AssemblyFixture(typeof(SqliteServer))]
[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace MatrixOrleans.Conformance.Hosting;

/// <summary>A server that all conformance tests share, started by the first test that needs it.</summary>
public abstract class SharedServer : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1);
    private ServerProcess? _server;
    private Exception? _failure;

    /// <summary>The running server; the same failure for every test when it cannot start.</summary>
    public async Task<ServerProcess> GetAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_failure is not null)
            {
                throw new InvalidOperationException("The shared server could not start.", _failure);
            }
            return _server ??= await StartAsync();
        }
        catch (Exception failure) when (failure is TimeoutException or InvalidOperationException)
        {
            _failure ??= failure;
            throw;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        await EndAsync();
        _starting.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the server.</summary>
    protected abstract Task<ServerProcess> StartAsync();

    /// <summary>Frees what the server used, after its end.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;
}

/// <summary>The shared server on SQLite.</summary>
public sealed class SqliteServer : SharedServer
{
    /// <inheritdoc/>
    protected override Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(new ServerOptions());
}

/// <summary>The shared server on PostgreSQL.</summary>
public sealed class PostgresServer : SharedServer
{
    private PostgresDatabase? _database;

    /// <inheritdoc/>
    protected override async Task<ServerProcess> StartAsync()
    {
        _database = await PostgresDatabase.CreateAsync();
        return await ServerProcess.StartAsync(new ServerOptions { Database = $"postgres:{_database.ConnectionString}" });
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
