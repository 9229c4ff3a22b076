using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Consumers;

/// <summary>
/// The rows of the log for all consumers of a silo: those at its end read each piece once, together. The log has no index by partition; a piece of it
/// is read whole.
/// </summary>
internal sealed class LogFeed(LogStore log) : IDisposable
{
    private const int KeptMax = 4096;

    private readonly SemaphoreSlim _reading = new(1, 1);
    private volatile Kept _kept = new(long.MaxValue, []);
    private long _known;

    public Pulse Pulse { get; } = new();

    /// <summary>Everything up to here is durable; nothing beyond is handed out.</summary>
    public long Known => Volatile.Read(ref _known);

    private long End => _kept.Rows.Count > 0 ? _kept.Rows[^1].Position : 0;

    /// <summary>Tells that the log is durable up to a position.</summary>
    public void Grown(long position)
    {
        var known = Known;
        while (position > known && Interlocked.CompareExchange(ref _known, position, known) is var other && other != known)
        {
            known = other;
        }

        Pulse.Beat();
    }

    /// <summary>The rows that follow a position, at most so many; none at the end of the log.</summary>
    public async ValueTask<IReadOnlyList<LogRow>> After(long position, int limit)
    {
        if (position >= Known)
        {
            return [];
        }

        if (Slice(position, limit) is { } known)
        {
            return known;
        }

        await _reading.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Slice(position, limit) is { } meanwhile)
            {
                return meanwhile;
            }

            // Positions are given in the order of commits: whoever sees a row sees all before it.
            var rows = await log.Read(position, Known, limit).ConfigureAwait(false);
            Keep(position, rows);
            return rows;
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose() => _reading.Dispose();

    /// <summary>From memory; null when the rows are not there.</summary>
    private IReadOnlyList<LogRow>? Slice(long position, int limit)
    {
        var kept = _kept;
        if (position < kept.After || kept.Rows.Count == 0 || position >= kept.Rows[^1].Position)
        {
            return null;
        }

        var (low, high) = (0, kept.Rows.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = kept.Rows[middle].Position <= position ? (middle + 1, high) : (low, middle);
        }

        return [.. kept.Rows.Skip(low).Take(limit)];
    }

    /// <summary>Keeps the newest piece; what a late consumer reads is not kept.</summary>
    private void Keep(long after, IReadOnlyList<LogRow> rows)
    {
        if (rows.Count == 0 || rows[^1].Position <= End)
        {
            return;
        }

        var kept = _kept;
        _kept = kept.Rows.Count > 0 && kept.Rows[^1].Position == after && kept.Rows.Count + rows.Count <= KeptMax
            ? new Kept(kept.After, [.. kept.Rows, .. rows])
            : new Kept(after, rows);
    }

    /// <param name="After">The rows are all that follow this position.</param>
    private sealed record Kept(long After, IReadOnlyList<LogRow> Rows);
}
