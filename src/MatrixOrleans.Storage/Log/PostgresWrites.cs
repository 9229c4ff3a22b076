using MatrixOrleans.Storage.Sql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace MatrixOrleans.Storage.Log;

/// <summary>Writes on PostgreSQL that are no part of the log: each in a transaction of its own, beside the batches.</summary>
internal sealed partial class PostgresWrites
{
    private const int DeadlockRetriesMax = 3;

    private readonly PostgresSource _source;
    private readonly ILogger _log;

    public PostgresWrites(PostgresSource source, ILogger log) => (_source, _log) = (source, log);

    /// <summary>Runs in a transaction that excludes other migrations.</summary>
    public static async ValueTask<T> InMigration<T>(PostgresSource source, Func<SqlSession, ValueTask<T>> work, CancellationToken cancel)
    {
        var connection = await source.OpenWriter(cancel).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var session = new PostgresSession(connection);
                await session.Execute(PostgresBatch.MigrationLock).ConfigureAwait(false);
                var result = await work(session).ConfigureAwait(false);
                await transaction.CommitAsync(cancel).ConfigureAwait(false);
                return result;
            }
        }
    }

    /// <summary>Tells the work's caller how it went.</summary>
    public Task Run(ExecuteWork work, CancellationToken cancel) => Task.Run(
        async () =>
        {
            try
            {
                await InTransaction(work, cancel).ConfigureAwait(false);
                work.Complete();
            }
            catch (Exception error)
            {
                work.Fail(error);
            }
        },
        CancellationToken.None);

    private async ValueTask InTransaction(ExecuteWork work, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var connection = await _source.OpenWriter(cancel).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
                    await using (transaction.ConfigureAwait(false))
                    {
                        await work.Run(new PostgresSession(connection)).ConfigureAwait(false);
                        await transaction.CommitAsync().ConfigureAwait(false);
                        return;
                    }
                }
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DeadlockDetected && attempt <= DeadlockRetriesMax)
            {
                Deadlock(error, attempt);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "A write met a deadlock, attempt {Attempt}")]
    private partial void Deadlock(Exception error, int attempt);
}
