using MatrixOrleans.Storage.Sql;
using static SQLitePCL.raw;

namespace MatrixOrleans.Storage.Log;

/// <summary>
/// Moves what was committed from SQLite's write-ahead log into the database file, beside the writer:
/// <code>
///   writer   ─ commit ─ commit ─ commit ─ commit ─ [the short rest] ─ commit: the log begins anew ─
///   thread          └─ most of the log ─────────────┘
/// </code>
/// A checkpoint writes and flushes tens of megabytes, for which no send should wait. But the log begins anew only when all of it was moved, and
/// under load there is always a newest commit: the writer itself moves the last of it, between two batches.
/// </summary>
internal sealed class SqliteCheckpoints : IDisposable
{
    /// <summary>Pages in the log that are worth a checkpoint: pages that were written again and again are moved once.</summary>
    private const int PagesWanted = 16_000;

    /// <summary>What the writer moves itself, in a few milliseconds.</summary>
    private const int RestPagesMax = 2_000;
    private const int PassesMax = 4;

    /// <summary>Only when this thread cannot keep up, SQLite itself makes the writer do everything.</summary>
    private const string LastResort = "pragma wal_autocheckpoint = 64000";

    private readonly SqliteSession _session;
    private readonly SemaphoreSlim _wanted = new(0, 2);
    private readonly Thread _thread;
    private volatile bool _restIsShort;
    private volatile bool _running;
    private volatile bool _closed;
    private bool _prepared;
    private int _pages;

    public SqliteCheckpoints(SqliteSource source)
    {
        _session = source.OpenWriter();
        _thread = new Thread(Run) { IsBackground = true, Name = "checkpoints" };
        _thread.Start();
    }

    /// <summary>Called by the writer, outside a transaction.</summary>
    public void BeforeBatch(SqliteSession writer)
    {
        if (!_prepared)
        {
            _prepared = true;
            writer.Run(LastResort);
        }

        if (_restIsShort)
        {
            _restIsShort = false;
            if (Checkpoint(writer) == 0)
            {
                _pages = 0;
            }
        }
    }

    /// <summary>Called by the writer after a commit.</summary>
    public void Committed(SqliteSession writer)
    {
        sqlite3_db_status(writer.Connection.Handle!, SQLITE_DBSTATUS_CACHE_WRITE, out var written, out _, 1);
        _pages += written;
        if (_pages >= PagesWanted && !_running && !_restIsShort)
        {
            _running = true;
            _pages = PagesWanted / 2;
            _wanted.Release();
        }
    }

    public void Dispose()
    {
        _closed = true;
        _wanted.Release();
        _thread.Join();
        _session.Dispose();
        _wanted.Dispose();
    }

    /// <returns>Pages that are still only in the log.</returns>
    private static int Checkpoint(SqliteSession session)
    {
        var code = sqlite3_wal_checkpoint_v2(session.Connection.Handle!, "main", SQLITE_CHECKPOINT_PASSIVE, out var inLog, out var moved);
        return code == SQLITE_OK ? inLog - moved : int.MaxValue;
    }

    private void Run()
    {
        while (true)
        {
            _wanted.Wait();
            if (_closed)
            {
                return;
            }

            for (var pass = 1; pass <= PassesMax && !_restIsShort; pass++)
            {
                _restIsShort = Checkpoint(_session) <= RestPagesMax;
            }

            _running = false;
        }
    }
}
