using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace MatrixOrleans.Storage.Sql;

/// <summary>
/// A SQLite file in WAL mode: a few connections that only read, and connections for writing that the log writer opens.
/// Reads run on the caller's thread: a page in memory costs less than a change of threads.
/// </summary>
internal sealed class SqliteSource : SqlSource
{
    private readonly DatabaseOptions _options;
    private readonly SemaphoreSlim _free;
    private readonly ConcurrentBag<SqliteSession> _readers = [];
    private bool _disposed;

    public SqliteSource(DatabaseOptions options)
    {
        _options = options;
        _free = new SemaphoreSlim(options.ReaderCount);
    }

    public override Dialect Dialect => Dialect.Sqlite;

    public SqliteSession OpenWriter()
    {
        var connection = Open();
        // An event touches a handful of pages all over the file, and each is written whole: small pages cost least.
        Run(connection, "pragma page_size = 4096");
        Run(connection, "pragma journal_mode = wal");
        Run(connection, _options.SynchronousFull ? "pragma synchronous = full" : "pragma synchronous = normal");
        // Reads go through the memory map. A commit after a page was split walks through everything in here, so it is no larger than a batch needs.
        Run(connection, "pragma cache_size = -16384");
        Run(connection, "pragma mmap_size = 268435456");
        Run(connection, "pragma wal_autocheckpoint = 16000");
        Run(connection, "pragma journal_size_limit = 134217728");
        return new SqliteSession(connection);
    }

    protected override async ValueTask<T> ReadOnce<T>(Func<SqlSession, ValueTask<T>> work)
    {
        await _free.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var session = _readers.TryTake(out var idle) ? idle : OpenReader();
            try
            {
                return await work(session).ConfigureAwait(false);
            }
            finally
            {
                _readers.Add(session);
            }
        }
        finally
        {
            _free.Release();
        }
    }

    public override ValueTask DisposeAsync()
    {
        _disposed = true;
        while (_readers.TryTake(out var session))
        {
            session.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private SqliteSession OpenReader()
    {
        var connection = Open();
        Run(connection, "pragma query_only = 1");

        // Counted as memory of the process once for each connection.
        Run(connection, "pragma mmap_size = 67108864");
        Run(connection, "pragma cache_size = -8192");
        return new SqliteSession(connection);
    }

    private SqliteConnection Open()
    {
        var path = new SqliteConnectionStringBuilder
        {
            DataSource = _options.ConnectionString,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 10,
        };
        var connection = new SqliteConnection(path.ToString());
        connection.Open();
        Run(connection, "pragma busy_timeout = 10000");
        Run(connection, "pragma temp_store = memory");
        return connection;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

/// <summary>A SQLite connection with its prepared statements.</summary>
internal sealed class SqliteSession(SqliteConnection connection) : WriteSession, IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    public SqliteConnection Connection => connection;

    internal override Dialect Dialect => Dialect.Sqlite;

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    /// <summary>For transaction control.</summary>
    public void Run(string sql)
    {
        var command = (SqliteCommand)Command(sql);
        command.ExecuteNonQuery();
    }

    private protected override DbCommand Command(string sql)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        command.Parameters.Clear();
        return command;
    }

    private protected override void Release(DbCommand command)
    {
    }
}
