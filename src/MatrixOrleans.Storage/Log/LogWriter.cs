using MatrixOrleans.Storage.Sql;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Storage.Log;

/// <summary>
/// The one writer of this process (DESIGN 4.1). Whatever arrives while a transaction is in flight goes into the next one; nothing lingers, the first
/// unit goes at once. Order of calls is order in the log.
/// <code>
/// Append ─> queue ─┐                       ┌─> observers, in commit order ─> callers
///                  └─ take all ─> one commit ─┘        (next batch gathers meanwhile)
/// </code>
/// </summary>
public sealed partial class LogWriter : IAsyncDisposable
{
    private const int BatchCountMax = 512;
    private const long BatchBytesMax = 4 << 20;
    private const int DrainMsMax = 10_000;

    private readonly IAppender _appender;
    private readonly DatabaseOptions _options;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Queue<Work> _queue = new();
    private ICommitObserver[] _observers = [];
    private bool _signalled;
    private bool _closed;
    private bool _abandoned;
    private int _reservedCount;
    private long _reservedBytes;
    private long _committed;

    internal LogWriter(IAppender appender, DatabaseOptions options, long committedPosition, ILogger log)
    {
        (_appender, _options, _committed, _log) = (appender, options, committedPosition, log);
        if (appender.IsSynchronous)
        {
            new Thread(RunThread) { IsBackground = true, Name = "log writer" }.Start();
        }
        else
        {
            _ = Task.Run(RunTask);
        }
    }

    /// <summary>The highest position that this process saw commit.</summary>
    public long CommittedPosition => Volatile.Read(ref _committed);

    /// <summary>
    /// Takes a place in the queue for a unit of about this size, to be named in <see cref="AppendUnit.ReservedBytes"/>. False: the queue is full and
    /// the client should come again later. A place that is not used is given back by <see cref="Release"/>.
    /// </summary>
    public bool TryReserve(int bytes)
    {
        lock (_lock)
        {
            if (_reservedCount >= _options.QueueCountMax || _reservedBytes + bytes > _options.QueueBytesMax)
            {
                return false;
            }

            _reservedCount++;
            _reservedBytes += bytes;
            return true;
        }
    }

    /// <summary>Gives back a place that no unit used.</summary>
    public void Release(int bytes)
    {
        lock (_lock)
        {
            _reservedCount--;
            _reservedBytes -= bytes;
        }
    }

    /// <summary>Queues the unit, in the order of calls; completes after the commit is durable.</summary>
    /// <exception cref="ObjectDisposedException">The writer is closed.</exception>
    public Task<AppendResult> Append(AppendUnit unit)
    {
        UnitRows.Check(unit);
        var work = new AppendWork(unit);
        Enqueue(work);
        return work.Task;
    }

    /// <summary>
    /// Other writes, in one transaction. The delegate uses nothing but the session, may run more than once, and an exception undoes all it did.
    /// </summary>
    public Task<T> Execute<T>(Func<WriteSession, CancellationToken, ValueTask<T>> work)
    {
        var item = new ExecuteWork<T>(work);
        if (_appender.ExecuteApart(item) is null)
        {
            Enqueue(item);
        }

        return item.Task;
    }

    public void Subscribe(ICommitObserver observer)
    {
        lock (_lock)
        {
            _observers = [.. _observers, observer];
        }
    }

    /// <summary>Writes what is queued, then closes; gives up after ten seconds of a database that is away.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _closed = true;
            Signal();
        }

        if (await Task.WhenAny(_stopped.Task, Task.Delay(DrainMsMax)).ConfigureAwait(false) != _stopped.Task)
        {
            _appender.GiveUp();
            await _stopped.Task.ConfigureAwait(false);
        }

        await _appender.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Stops without writing what is queued, as a crash would.</summary>
    internal async Task Abandon()
    {
        lock (_lock)
        {
            _abandoned = true;
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    private void Enqueue(Work work)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _queue.Enqueue(work);
            Signal();
        }
    }

    private void Signal()
    {
        if (!_signalled)
        {
            _signalled = true;
            _signal.Release();
        }
    }

    private void RunThread()
    {
        do
        {
            _signal.Wait();
        }
        while (Drain().AsTask().GetAwaiter().GetResult());

        _stopped.TrySetResult();
    }

    private async Task RunTask()
    {
        do
        {
            await _signal.WaitAsync().ConfigureAwait(false);
        }
        while (await Drain().ConfigureAwait(false));

        _stopped.TrySetResult();
    }

    /// <summary>Writes batch after batch until nothing waits. False when the writer is to stop.</summary>
    private async ValueTask<bool> Drain()
    {
        while (true)
        {
            var batch = Take(out var stop);
            if (batch.Count == 0)
            {
                return !stop;
            }

            try
            {
                var outcome = await _appender.Commit(batch).ConfigureAwait(false);
                foreach (var committed in outcome.Batches)
                {
                    Volatile.Write(ref _committed, Math.Max(_committed, committed.To));
                    Tell(committed);
                }

                Settle(batch);
                foreach (var work in outcome.Settled)
                {
                    work.Complete();
                }
            }
            catch (Exception error)
            {
                // The transaction is undone, and nobody was told that it happened: each caller gets the error.
                BatchFailed(error, batch.Count);
                Settle(batch);
                foreach (var work in batch)
                {
                    work.Fail(error);
                }
            }
        }
    }

    private List<Work> Take(out bool stop)
    {
        lock (_lock)
        {
            var batch = new List<Work>(Math.Min(_queue.Count, BatchCountMax));
            if (_abandoned)
            {
                _queue = new Queue<Work>();
            }

            var bytes = 0L;
            while (batch.Count < BatchCountMax && bytes < BatchBytesMax && _queue.TryDequeue(out var work))
            {
                batch.Add(work);
                bytes += work.Bytes;
            }

            stop = _closed;
            if (batch.Count == 0)
            {
                _signalled = false;
            }

            return batch;
        }
    }

    private void Settle(List<Work> batch)
    {
        lock (_lock)
        {
            foreach (var work in batch)
            {
                if (work is AppendWork { Unit.ReservedBytes: > 0 and var reserved })
                {
                    _reservedCount--;
                    _reservedBytes -= reserved;
                }
            }
        }
    }

    private void Tell(CommittedBatch committed)
    {
        foreach (var observer in _observers)
        {
            try
            {
                observer.Committed(committed);
            }
            catch (Exception error)
            {
                ObserverFailed(error, committed.From, committed.To);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A batch of {Count} writes failed")]
    private partial void BatchFailed(Exception error, int count);

    [LoggerMessage(LogLevel.Error, "An observer failed on the positions {From} to {To}")]
    private partial void ObserverFailed(Exception error, long from, long to);
}
