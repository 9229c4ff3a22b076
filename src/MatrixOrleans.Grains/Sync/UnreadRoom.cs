using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Sync;

/// <summary>One user's unread events of one room: the receipts, what was counted up to a place, and the events after it that notified and are not read.</summary>
internal sealed class UnreadRoom
{
    /// <summary>The thread of events that are in none (Client-Server API, "Threaded read receipts").</summary>
    public const string Main = "main";

    private readonly Dictionary<string, long> _read = [];

    /// <summary>Counts of events at or before <see cref="KeptSeq"/>, by thread; a thread that was all read stays with zeroes, to be kept as such.</summary>
    private readonly Dictionary<string, (int Notify, int Highlight)> _kept = [];
    private readonly List<(long Seq, string Thread, bool Highlight)> _unread = [];

    /// <summary>Position of the membership that the counts are for.</summary>
    public long JoinedPosition { get; init; }

    public long Position { get; set; }

    public long LastSeq { get; set; }

    public long UnthreadedSeq { get; private set; }

    /// <summary>Up to here events are only counts.</summary>
    public long KeptSeq { get; private set; }

    /// <summary>A receipt lies among events of which only counts are left: they must be gone through again.</summary>
    public bool IsUncertain { get; private set; }

    public string? DisplayName { get; set; }

    /// <param name="thread">Empty: every thread.</param>
    public void Read(string thread, long seq)
    {
        if (thread.Length == 0)
        {
            UnthreadedSeq = Math.Max(UnthreadedSeq, seq);
        }
        else
        {
            _read[thread] = Math.Max(_read.GetValueOrDefault(thread), seq);
        }

        foreach (var (counted, counts) in _kept)
        {
            if (counts.Notify > 0 && (thread.Length == 0 || thread == counted))
            {
                IsUncertain |= seq < KeptSeq;
                _kept[counted] = (0, 0);
            }
        }

        _unread.RemoveAll(IsRead);
    }

    public void Add(long seq, string thread, bool highlight)
    {
        var item = (seq, thread, highlight);
        if (!IsRead(item))
        {
            _unread.Add(item);
        }
    }

    /// <summary>Starts from counts that hold up to the place.</summary>
    public void TakeKept(IEnumerable<UnreadRow> rows, long cursor)
    {
        foreach (var row in rows)
        {
            _kept[row.Thread] = ((int)row.Notify, (int)row.Highlight);
        }

        KeptSeq = LastSeq = cursor;
    }

    /// <summary>Turns all events into counts.</summary>
    /// <returns>The rows to be kept.</returns>
    public IReadOnlyList<UnreadRow> Keep(long roomNid)
    {
        _kept.TryAdd(Main, default);
        foreach (var (_, thread, highlight) in _unread)
        {
            Count(_kept, thread, highlight);
        }

        _unread.Clear();
        KeptSeq = LastSeq;
        return [.. _kept.Select(count => new UnreadRow(roomNid, count.Key, count.Value.Notify, count.Value.Highlight, KeptSeq))];
    }

    public UnreadView View()
    {
        var threads = new Dictionary<string, (int Notify, int Highlight)>();
        foreach (var (thread, counts) in _kept.Where(kept => kept.Value.Notify > 0))
        {
            threads[thread] = counts;
        }

        foreach (var (_, thread, highlight) in _unread)
        {
            Count(threads, thread, highlight);
        }

        threads.Remove(Main, out var main);
        return new UnreadView(main.Notify, main.Highlight, threads);
    }

    private static void Count(Dictionary<string, (int Notify, int Highlight)> counts, string thread, bool highlight)
    {
        var (notify, loud) = counts.GetValueOrDefault(thread);
        counts[thread] = (notify + 1, loud + (highlight ? 1 : 0));
    }

    private bool IsRead((long Seq, string Thread, bool Highlight) item) =>
        item.Seq <= UnthreadedSeq || item.Seq <= _read.GetValueOrDefault(item.Thread);
}
