using System.Data.Common;
using Npgsql;

namespace MatrixOrleans.Storage.Sql;

/// <summary>A PostgreSQL database through Npgsql. Statements prepare themselves on their second use.</summary>
internal sealed class PostgresSource : SqlSource
{
    /// <summary>
    /// Every statement looks up a few rows by an index. Without this, plans made while the tables were small go through the whole of them ever after;
    /// and compiling a plan that was thought dear takes longer than running it.
    /// </summary>
    private const string PlannerOptions = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off";

    private readonly NpgsqlDataSource _readers;
    private readonly NpgsqlDataSource _writers;

    public PostgresSource(DatabaseOptions options)
    {
        _readers = NpgsqlDataSource.Create(Settings(options.ConnectionString, options.ReaderCount));
        _writers = NpgsqlDataSource.Create(Settings(options.ConnectionString, WriterCountMax));
    }

    /// <summary>The log writer's connection and those of other writes.</summary>
    public const int WriterCountMax = 4;

    public override Dialect Dialect => Dialect.Postgres;

    public ValueTask<NpgsqlConnection> OpenWriter(CancellationToken cancel = default) => _writers.OpenConnectionAsync(cancel);

    protected override async ValueTask<T> ReadOnce<T>(Func<SqlSession, ValueTask<T>> work)
    {
        var connection = await _readers.OpenConnectionAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await work(new PostgresSession(connection)).ConfigureAwait(false);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _readers.DisposeAsync().ConfigureAwait(false);
        await _writers.DisposeAsync().ConfigureAwait(false);
    }

    private static string Settings(string text, int poolSizeMax)
    {
        var settings = new NpgsqlConnectionStringBuilder(text)
        {
            MaxPoolSize = poolSizeMax,
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            // Lock, numbering and commit of a batch must leave in one piece.
            WriteBufferSize = 128 * 1024,
            SocketSendBufferSize = 256 * 1024,
        };
        settings.Options = string.Join(' ', new[] { PlannerOptions, settings.Options }.Where(o => !string.IsNullOrEmpty(o)));
        return settings.ToString();
    }
}

/// <summary>A PostgreSQL connection for one use.</summary>
internal sealed class PostgresSession(NpgsqlConnection connection) : WriteSession
{
    public NpgsqlConnection Connection => connection;

    internal override Dialect Dialect => Dialect.Postgres;

    private protected override DbCommand Command(string sql) => new NpgsqlCommand(sql, connection);

    private protected override void Release(DbCommand command) => command.Dispose();
}
