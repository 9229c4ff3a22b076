using MatrixOrleans.Storage.Consumers;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Consumers;

/// <summary>
/// One consumer in one silo. Partitions that stand at the same position are read together; one that fails stays behind, is tried again by itself, and
/// joins the others when it has caught up.
/// <code>
/// log ─> rows of held partitions ─> Handle ─> effects + cursors, one transaction ─> committed
/// </code>
/// </summary>
internal sealed partial class ConsumerRun(ILogConsumer consumer, ConsumerStore store, LogWriter writer, LogFeed feed, Holder holder, ConsumerOptions options, TimeProvider time, ILogger log)
{
    private const int NeverSeen = -1;
    private const int Unsure = -2;

    private readonly Dictionary<int, Lease> _leases = [];
    private DateTimeOffset _storeAt = time.GetUtcNow() + options.StoreEvery;
    private int _holdersSeen = NeverSeen;

    /// <summary>Until it is cancelled.</summary>
    public async Task Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var next = feed.Pulse.Next;
            var started = time.GetUtcNow();
            var wait = options.RetryFirst;
            try
            {
                await Balance().ConfigureAwait(false);
                if (await Round(cancel).ConfigureAwait(false))
                {
                    continue;
                }

                await StoreQuiet(force: false).ConfigureAwait(false);
                wait = Wait();
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
            catch (LeaseLostException error)
            {
                Lost(error, consumer.Name);
                await Reload().ConfigureAwait(false);
                continue;
            }
            catch (Exception error)
            {
                RunFailed(error, consumer.Name);
                _leases.Clear();
                _holdersSeen = NeverSeen;
                next = Task.Delay(options.RetryFirst, time, cancel);
            }

            await next.WaitAsync(wait, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var rest = (consumer.Pace ?? options.Pace) - (time.GetUtcNow() - started);
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Stores where it stands, when it ends in order.</summary>
    public Task End() => StoreQuiet(force: true);

    /// <summary>Takes its share of the partitions, and gives away what is more.</summary>
    private async ValueTask Balance()
    {
        var (holders, version) = holder.Alive;
        if (version == _holdersSeen)
        {
            return;
        }

        if (_holdersSeen == NeverSeen)
        {
            await store.Register(consumer.Name, consumer.Start == ConsumerStart.Head ? writer.CommittedPosition : 0).ConfigureAwait(false);
            await Reload().ConfigureAwait(false);
        }

        var share = (ConsumerStore.PartCount + holders.Count - 1) / holders.Count;
        while (_leases.Count < share)
        {
            var taken = await store.Take(consumer.Name, holder.Id, holders, Math.Min(options.TakenAtOnce, share - _leases.Count)).ConfigureAwait(false);
            foreach (var row in taken)
            {
                _leases[row.Part] = new Lease(row);
            }

            if (taken.Count == 0)
            {
                break;
            }
        }

        if (_leases.Count > share)
        {
            await StoreQuiet(force: true).ConfigureAwait(false);
            var given = _leases.Keys.OrderDescending().Take(_leases.Count - share).ToList();
            await store.Release(consumer.Name, holder.Id, given).ConfigureAwait(false);
            given.ForEach(part => _leases.Remove(part));
        }

        // Who has less than his share looks again at the next beat: another may still have to give some away.
        _holdersSeen = version;
    }

    private async Task Reload()
    {
        var held = await store.Held(consumer.Name, holder.Id).ConfigureAwait(false);
        _leases.Clear();
        foreach (var row in held)
        {
            _leases[row.Part] = new Lease(row);
        }

        _holdersSeen = Unsure;
    }

    /// <summary>Each group of partitions goes one batch further. True: more is there.</summary>
    private async ValueTask<bool> Round(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var ready = _leases.Values.Where(lease => lease.RetryAt <= now).ToList();
        var ahead = long.MaxValue;
        foreach (var group in ready.GroupBy(lease => lease.Cursor).OrderByDescending(group => group.Key).ToList())
        {
            cancel.ThrowIfCancellationRequested();
            var rows = await feed.After(group.Key, options.RowsMax).ConfigureAwait(false);
            if (rows.Count > 0)
            {
                // Those that are behind stop where the ones before them stood.
                await Advance([.. group], rows, Math.Min(rows[^1].Position, ahead), cancel).ConfigureAwait(false);
            }

            ahead = group.Key;
        }

        return ready.Exists(lease => lease.RetryAt <= now && lease.Cursor < feed.Known);
    }

    private async ValueTask Advance(IReadOnlyList<Lease> leases, IReadOnlyList<LogRow> rows, long to, CancellationToken cancel)
    {
        var parts = leases.Select(lease => lease.Row.Part).ToHashSet();
        var wanted = rows.Where(row => row.Position <= to && parts.Contains(row.Part) && consumer.Kinds.Contains(row.Kind)).ToList();
        var busy = wanted.Select(row => row.Part).ToHashSet();
        if (wanted.Count > 0)
        {
            try
            {
                await Handle([.. leases.Where(lease => busy.Contains(lease.Row.Part))], wanted, to, cancel).ConfigureAwait(false);
            }
            catch (Exception error) when (IsFailure(error, cancel))
            {
                await OneByOne([.. leases.Where(lease => busy.Contains(lease.Row.Part))], wanted, to, error, cancel).ConfigureAwait(false);
            }
        }

        foreach (var lease in leases)
        {
            if (!busy.Contains(lease.Row.Part))
            {
                lease.Cursor = to;
            }
        }
    }

    /// <summary>Finds out whose rows it was that failed.</summary>
    private async ValueTask OneByOne(IReadOnlyList<Lease> leases, IReadOnlyList<LogRow> rows, long to, Exception first, CancellationToken cancel)
    {
        foreach (var lease in leases)
        {
            try
            {
                if (leases.Count == 1)
                {
                    Failed(lease, first);
                    return;
                }

                await Handle([lease], [.. rows.Where(row => row.Part == lease.Row.Part)], to, cancel).ConfigureAwait(false);
            }
            catch (Exception error) when (IsFailure(error, cancel))
            {
                Failed(lease, error);
            }
        }
    }

    private async ValueTask Handle(IReadOnlyList<Lease> leases, IReadOnlyList<LogRow> rows, long to, CancellationToken cancel)
    {
        var effects = await consumer.Handle(new ConsumerBatch(rows), cancel).ConfigureAwait(false);
        if (effects != ConsumerEffects.None)
        {
            await Move(leases, to, effects).ConfigureAwait(false);
        }

        foreach (var lease in leases)
        {
            lease.Cursor = to;
            lease.Failures = 0;
        }

        try
        {
            effects.Committed?.Invoke();
        }
        catch (Exception error)
        {
            CommittedFailed(error, consumer.Name);
        }
    }

    private async ValueTask Move(IReadOnlyList<Lease> leases, long to, ConsumerEffects effects)
    {
        var rows = leases.Select(lease => lease.Row).ToList();
        await writer.Execute(async (session, cancel) =>
        {
            await ConsumerStore.Move(session, consumer.Name, holder.Id, rows, to).ConfigureAwait(false);
            if (effects.Write is { } write)
            {
                await write(session, cancel).ConfigureAwait(false);
            }

            return 0;
        }).ConfigureAwait(false);
        foreach (var lease in leases)
        {
            lease.Stored(to);
        }
    }

    /// <summary>Stores cursors that moved over rows that led to nothing.</summary>
    private async Task StoreQuiet(bool force)
    {
        var now = time.GetUtcNow();
        if (!force && now < _storeAt)
        {
            return;
        }

        _storeAt = now + options.StoreEvery;
        foreach (var group in _leases.Values.Where(lease => lease.IsAhead).GroupBy(lease => lease.Cursor).ToList())
        {
            await Move([.. group], group.Key, ConsumerEffects.Outside).ConfigureAwait(false);
        }
    }

    private void Failed(Lease lease, Exception error)
    {
        var wait = options.RetryFirst * Math.Pow(2, Math.Min(lease.Failures, 20));
        lease.Failures++;
        lease.RetryAt = time.GetUtcNow() + (wait < options.RetryMax ? wait : options.RetryMax);
        HandleFailed(error, consumer.Name, lease.Row.Part, lease.Failures);
    }

    /// <summary>Until something is due though nobody says so.</summary>
    private TimeSpan Wait()
    {
        var now = time.GetUtcNow();
        var due = now + options.StoreEvery;
        foreach (var lease in _leases.Values)
        {
            due = lease.RetryAt > now && lease.RetryAt < due ? lease.RetryAt : due;
        }

        return due - now;
    }

    private static bool IsFailure(Exception error, CancellationToken cancel) =>
        error is not LeaseLostException && !(error is OperationCanceledException && cancel.IsCancellationRequested);

    [LoggerMessage(LogLevel.Error, "{Consumer} failed on partition {Part}, {Failures} times now; it is tried again")]
    private partial void HandleFailed(Exception error, string consumer, int part, int failures);

    [LoggerMessage(LogLevel.Error, "{Consumer} failed after its effects were written")]
    private partial void CommittedFailed(Exception error, string consumer);

    [LoggerMessage(LogLevel.Error, "{Consumer} cannot read the log")]
    private partial void RunFailed(Exception error, string consumer);

    [LoggerMessage(LogLevel.Information, "{Consumer} lost a partition")]
    private partial void Lost(Exception error, string consumer);
}
