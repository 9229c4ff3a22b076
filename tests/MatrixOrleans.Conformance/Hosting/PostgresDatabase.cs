using Npgsql;

namespace MatrixOrleans.Conformance.Hosting;

/// <summary>A database of its own on the PostgreSQL server that <c>MATRIX_ORLEANS_TEST_POSTGRES</c> names; dropped at the end.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly string _server;
    private readonly string _name;

    private PostgresDatabase(string server, string name)
    {
        _server = server;
        _name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    /// <summary>The connection string of the new database.</summary>
    public string ConnectionString { get; }

    /// <summary>Makes an empty database. Without a PostgreSQL server the running test is skipped, and fails when <c>CI=true</c>.</summary>
    public static async Task<PostgresDatabase> CreateAsync()
    {
        string? server = Environment.GetEnvironmentVariable("MATRIX_ORLEANS_TEST_POSTGRES");
        if (string.IsNullOrEmpty(server))
        {
            const string reason = "No PostgreSQL: MATRIX_ORLEANS_TEST_POSTGRES is not set.";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", reason);
            Assert.Fail(reason);
        }
        PostgresDatabase database = new(server, $"conformance_{Guid.NewGuid():N}");
        await database.RunAsync($"create database {database._name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'");
        return database;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await RunAsync($"drop database if exists {_name} with (force)");

    private async Task RunAsync(string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(_server);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
