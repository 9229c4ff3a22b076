using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Reading;

/// <summary>
/// Walks the timeline in either direction and gathers what the reader sees and wants. How much it looks at is bounded: where few of many events are
/// for the reader, a page comes out short or empty, with the place to go on from.
/// </summary>
internal sealed class TimelineWalk(Database database, RoomView view, EventGate gate, RoomEventFilter filter, IReadOnlySet<UserId> ignored)
{
    /// <summary>Most events that one page looks at.</summary>
    public const int ScanMax = 3_000;

    /// <summary>Most relations that are looked at for one batch of a filter that asks for them.</summary>
    private const int RelationsMax = 10_000;

    private const int BatchMax = 500;
    private const int BatchMin = 20;

    /// <param name="from">The boundary to begin at: events up to this <c>room_seq</c> lie before it.</param>
    /// <param name="until">The boundary to stop at; <c>null</c>: as far as the reader reads.</param>
    public async ValueTask<Walked> Page(long from, long? until, bool backwards, int limit)
    {
        var found = new List<VisibleEvent>();
        if (limit == 0 || filter.PassesNothing || !filter.PassesRoom(view.RoomId))
        {
            return new Walked(found, null);
        }

        var last = backwards ? until + 1 : Math.Min(until ?? view.UpToSeq, view.UpToSeq);
        var at = backwards ? Math.Min(from, view.UpToSeq) + 1 : from;
        for (var scanned = 0; scanned < ScanMax;)
        {
            var want = Math.Clamp(limit - found.Count + 1, BatchMin, BatchMax);
            var rows = await database.Rooms.Timeline(view.RoomNid, at, backwards, want, last);
            var gaps = await Gaps(rows);
            var related = await Related(rows);
            for (var i = 0; i < rows.Count; i++)
            {
                var row = rows[i];
                var seq = row.RoomSeq!.Value;
                if (!backwards && found.Count > 0 && gaps.Contains(seq))
                {
                    return new Walked(found, seq - 1);
                }

                if ((related is null || related.Contains(row.EventId)) && await Wanted(row) is { } visible)
                {
                    found.Add(visible);
                }

                at = seq;
                var more = i < rows.Count - 1 || rows.Count == want;
                if (found.Count == limit || (backwards && gaps.Contains(seq)))
                {
                    return new Walked(found, more || (backwards && gaps.Contains(seq)) ? Behind(seq, backwards) : null) { GapSeq = backwards && gaps.Contains(seq) ? seq : null };
                }
            }

            if (rows.Count < want)
            {
                return new Walked(found, null);
            }

            scanned += rows.Count;
        }

        return new Walked(found, Behind(at, backwards));
    }

    /// <summary>The boundary on the far side of an event.</summary>
    private static long Behind(long seq, bool backwards) => backwards ? seq - 1 : seq;

    private async ValueTask<VisibleEvent?> Wanted(StoredEvent row)
    {
        if (row.StateKey is null && ignored.Count > 0 && ignored.Contains(UserId.Parse(row.Sender)))
        {
            return null;
        }

        return await gate.Pass(row) is { } visible && filter.Passes(visible.Pdu) ? visible : null;
    }

    /// <summary>The places before which history is missing: a page ends there.</summary>
    private async ValueTask<HashSet<long>> Gaps(IReadOnlyList<StoredEvent> rows)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var (first, last) = (rows[0].RoomSeq!.Value, rows[^1].RoomSeq!.Value);
        return [.. (await database.Rooms.Gaps(view.RoomNid, Math.Min(first, last), Math.Max(first, last))).Select(g => g.RoomSeq)];
    }

    /// <summary>The ids of those to which a wanted event relates; <c>null</c> when the filter does not ask.</summary>
    private async ValueTask<HashSet<string>?> Related(IReadOnlyList<StoredEvent> rows)
    {
        if (!filter.WantsRelated)
        {
            return null;
        }

        var relations = await database.Rooms.Relations(view.RoomNid, [.. rows.Select(r => EventId.Parse(r.EventId))], null, view.UpToSeq + 1, RelationsMax);
        return [.. relations.Where(r => filter.PassesRelatedBy(r.RelType, UserId.Parse(r.Event.Sender))).Select(r => r.TargetId)];
    }
}

/// <summary>A page of a walk.</summary>
/// <param name="Events">In the order of the walk.</param>
/// <param name="Boundary">Where the next page begins; <c>null</c> when there is nothing further.</param>
internal sealed record Walked(IReadOnlyList<VisibleEvent> Events, long? Boundary)
{
    /// <summary>The walk backwards came to a place before which history is missing.</summary>
    public long? GapSeq { get; init; }
}
