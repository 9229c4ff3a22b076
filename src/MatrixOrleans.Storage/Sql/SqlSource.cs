namespace MatrixOrleans.Storage.Sql;

/// <summary>The connections of one database.</summary>
internal abstract class SqlSource : IAsyncDisposable
{
    private long _reads;

    public abstract Dialect Dialect { get; }

    /// <summary>How often the pool was asked for a connection to read.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    /// <summary>Runs reads on one connection of the pool; waits when all are taken.</summary>
    public ValueTask<T> Read<T>(Func<SqlSession, ValueTask<T>> work)
    {
        Interlocked.Increment(ref _reads);
        return ReadOnce(work);
    }

    protected abstract ValueTask<T> ReadOnce<T>(Func<SqlSession, ValueTask<T>> work);

    public abstract ValueTask DisposeAsync();

    public ValueTask<List<T>> Query<T>(string sql, Func<System.Data.Common.DbDataReader, T> map, params (string Name, object? Value)[] arguments) =>
        Read(session => session.Query(sql, map, arguments));

    public ValueTask<T?> First<T>(string sql, Func<System.Data.Common.DbDataReader, T> map, params (string Name, object? Value)[] arguments) =>
        Read(session => session.First(sql, map, arguments));

    public ValueTask<long?> Number(string sql, params (string Name, object? Value)[] arguments) => Read(session => session.Number(sql, arguments));
}
