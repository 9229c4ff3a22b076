using Microsoft.Extensions.Logging;
using MatrixOrleans.Storage.Sql;
using MatrixOrleans.Storage.State;

namespace MatrixOrleans.Storage.Log;

internal sealed class PostgresAppender : IAppender
{
    public bool IsSynchronous => false;
    public static ValueTask<T> InMigration<T>(PostgresSource source, Func<SqlSession, ValueTask<T>> work, CancellationToken cancel) => throw new InvalidOperationException();
    public static ValueTask<PostgresAppender> Open(PostgresSource source, StateStore states, DatabaseOptions options, ILogger log, CancellationToken cancel) => throw new InvalidOperationException();
    public ValueTask<CommitOutcome> Commit(IReadOnlyList<Work> batch) => throw new InvalidOperationException();
    public Task? ExecuteApart(ExecuteWork work) => null;
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
