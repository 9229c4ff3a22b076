using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>Storage used without a server. What is stored is the same, but nobody waits for flushes.</summary>
internal static class ScratchDatabase
{
    /// <summary>A new database's options.</summary>
    public static async Task<DatabaseOptions> New(Benchmark benchmark, DatabaseChoice database)
    {
        if (database is PostgresChoice)
        {
            return new DatabaseOptions
            {
                Provider = DatabaseOptions.Postgres,
                ConnectionString = (await database.NewDatabase())["postgres:".Length..] + ";Options=-c synchronous_commit=off",
                FlushOutsideLock = false,
            };
        }

        return new DatabaseOptions
        {
            ConnectionString = Path.Combine(Directory.CreateDirectory(benchmark.NewFolder("scratch")).FullName, "scratch.db"),
            SynchronousFull = false,
        };
    }

    /// <summary>Opens it with empty caches.</summary>
    public static async Task<Database> Open(DatabaseOptions options)
    {
        var database = await Database.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        await database.MigrateAsync(CancellationToken.None);
        await database.StartWriterAsync(CancellationToken.None);
        return database;
    }
}
