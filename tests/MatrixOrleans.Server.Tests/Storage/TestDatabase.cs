using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace MatrixOrleans.Server.Tests.Storage;

/// <summary>
/// A fresh database of either kind. PostgreSQL needs <c>MATRIX_ORLEANS_TEST_POSTGRES</c>, the connection string of a server where databases may be
/// made; without it the test is skipped, and fails where <c>CI=true</c>.
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    public const string Variable = "MATRIX_ORLEANS_TEST_POSTGRES";
    private readonly List<Database> _open = [];
    private readonly string? _server;

    private TestDatabase(DatabaseOptions options, string? server) => (Options, _server) = (options, server);

    public DatabaseOptions Options { get; }

    public Database Database => _open[0];

    /// <summary>Both providers, for theories.</summary>
    public static TheoryData<string> Providers => [DatabaseOptions.Sqlite, DatabaseOptions.Postgres];

    public static async Task<TestDatabase> Create(string provider, Func<DatabaseOptions, DatabaseOptions>? change = null)
    {
        TestDatabase test;
        if (provider == DatabaseOptions.Sqlite)
        {
            var path = Path.Combine(Path.GetTempPath(), $"matrix-orleans-{Guid.NewGuid():N}.db");
            test = new TestDatabase(new DatabaseOptions { ConnectionString = path }, null);
        }
        else
        {
            var server = Environment.GetEnvironmentVariable(Variable);
            if (string.IsNullOrEmpty(server))
            {
                Assert.True(Environment.GetEnvironmentVariable("CI") != "true", $"{Variable} is not set");
                Assert.Skip($"{Variable} is not set");
            }

            var name = $"mo_{Guid.NewGuid():N}";
            await Run(server, $"create database {name}");
            var connection = new NpgsqlConnectionStringBuilder(server) { Database = name }.ToString();
            test = new TestDatabase(new DatabaseOptions { Provider = DatabaseOptions.Postgres, ConnectionString = connection }, server);
        }

        test = change is null ? test : new TestDatabase(change(test.Options), test._server);
        await test.Open();
        return test;
    }

    /// <summary>Another process, so to speak, on the same database.</summary>
    public async Task<Database> Open()
    {
        var database = await Database.OpenAsync(Options, TimeProvider.System, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        await database.MigrateAsync(TestContext.Current.CancellationToken);
        await database.StartWriterAsync(TestContext.Current.CancellationToken);
        _open.Add(database);
        return database;
    }

    /// <summary>Ends the first process as a crash would, and starts another.</summary>
    public async Task<Database> CrashAndReopen()
    {
        await Database.CrashAsync();
        _open.RemoveAt(0);
        await Open();
        return Database;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _open)
        {
            await database.DisposeAsync();
        }

        if (_server is null)
        {
            foreach (var suffix in (string[])["", "-wal", "-shm"])
            {
                File.Delete(Options.ConnectionString + suffix);
            }
        }
        else
        {
            await Run(_server, $"drop database if exists {new NpgsqlConnectionStringBuilder(Options.ConnectionString).Database} with (force)");
        }
    }

    private static async Task Run(string server, string sql)
    {
        await using var source = NpgsqlDataSource.Create(server);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
