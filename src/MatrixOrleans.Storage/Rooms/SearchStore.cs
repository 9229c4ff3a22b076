using System.Globalization;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>Which member of an event's content was indexed (the numbers are stored).</summary>
public enum SearchKey
{
    Body = 1,
    Name = 2,
    Topic = 3,
}

/// <summary>An event for the index.</summary>
/// <param name="Words">In lower case, without anything that is no letter or digit; the same cut is made of what is looked for.</param>
public sealed record SearchEntry(long EventNid, long RoomNid, long Ts, SearchKey Key, IReadOnlyList<string> Words);

/// <summary>An event that has all the words.</summary>
/// <param name="Rank">How well it fits; higher is better.</param>
public sealed record SearchRow(long EventNid, long RoomNid, double Rank);

/// <summary>The full-text index of messages, names and topics: FTS5 on SQLite, a GIN index on PostgreSQL.</summary>
public sealed class SearchStore
{
    /// <summary>Rooms of one look-up on PostgreSQL.</summary>
    private const int RoomsAtOnce = 10;

    private readonly SqlSource _source;

    internal SearchStore(SqlSource source) => _source = source;

    /// <summary>Adds events. One that is in the index already, and one that was redacted before it came, change nothing.</summary>
    public static async ValueTask Add(WriteSession session, IReadOnlyList<SearchEntry> entries)
    {
        foreach (var entry in entries)
        {
            var words = string.Join(' ', entry.Words);
            (string, object?)[] values = [("nid", entry.EventNid), ("room", entry.RoomNid), ("ts", entry.Ts), ("words", words)];
            if (session.Dialect.IsPostgres)
            {
                await session.Execute(
                    """
                    insert into search_events (event_nid, room_nid, ts, words)
                    select @nid, @room, @ts, to_tsvector('simple', @words) || array_to_tsvector(@place)
                    where not exists (select 1 from redactions r join events e on e.room_nid = r.room_nid and e.event_id = r.target_id where e.nid = @nid)
                    on conflict do nothing
                    """,
                    [.. values, ("place", new[] { "#r" + Text(entry.RoomNid), "#k" + Text((long)entry.Key) })]).ConfigureAwait(false);
                continue;
            }

            var added = await session.Execute(
                """
                insert into search_events (event_nid, room_nid, ts) select @nid, @room, @ts
                where not exists (select 1 from events e join redactions r on r.room_nid = e.room_nid and r.target_id = e.event_id where e.nid = @nid)
                on conflict do nothing
                """,
                values[..3]).ConfigureAwait(false);
            if (added > 0)
            {
                await session.Execute(
                    "insert into search_words (rowid, words, place) values (@nid, @words, @place)",
                    ("nid", entry.EventNid),
                    ("words", words),
                    ("place", $"r{Text(entry.RoomNid)} k{Text((long)entry.Key)}")).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes out what the redactions redact.</summary>
    /// <param name="redactionNids">Redactions; those that were not allowed have no effect.</param>
    public static async ValueTask RemoveRedacted(WriteSession session, IReadOnlyList<long> redactionNids) =>
        await Remove(session, await session.Query(
            "select e.nid from redactions r join events e on e.room_nid = r.room_nid and e.event_id = r.target_id join events x on x.nid = r.redaction_nid and x.room_nid = r.room_nid where x.nid {any nids}",
            static reader => reader.Number(0),
            ("nids", redactionNids.ToArray())).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary>Takes out events that are gone.</summary>
    public static async ValueTask Remove(WriteSession session, IReadOnlyCollection<long> nids)
    {
        if (nids.Count == 0)
        {
            return;
        }

        if (!session.Dialect.IsPostgres)
        {
            await session.Execute(
                "delete from search_words where rowid in (select event_nid from search_events where event_nid {any nids})", ("nids", nids.ToArray())).ConfigureAwait(false);
        }

        await session.Execute("delete from search_events where event_nid {any nids}", ("nids", nids.ToArray())).ConfigureAwait(false);
    }

    /// <summary>Events of some rooms that have all the words.</summary>
    /// <param name="words">At least one; cut like those of <see cref="SearchEntry"/>.</param>
    /// <param name="rooms">At least one.</param>
    /// <param name="keys">Where to look.</param>
    /// <param name="recent">The newest first; else those that fit best.</param>
    /// <returns>A page, and how many there are in all.</returns>
    public async Task<(IReadOnlyList<SearchRow> Rows, int Count)> Find(
        IReadOnlyList<string> words, IReadOnlyCollection<long> rooms, IReadOnlyCollection<SearchKey> keys, bool recent, int offset, int limit)
    {
        var order = recent ? "s.ts desc, s.event_nid desc" : "h.rank desc, s.ts desc, s.event_nid desc";
        var rows = _source.Dialect.IsPostgres
            ? await _source.Query(
                $"""
                select s.event_nid, s.room_nid, s.rank, s.total from (
                    select h.event_nid, h.room_nid, h.ts, ts_rank(h.words, plainto_tsquery('simple', @words))::float8 as rank, count(*) over () as total
                    from unnest(@places) g (place) cross join lateral (
                        select e.event_nid, e.room_nid, e.ts, e.words from search_events e
                        where e.words @@ (plainto_tsquery('simple', @words) && g.place::tsquery) offset 0) h) s
                order by {order.Replace("h.rank", "s.rank", StringComparison.Ordinal)} limit @limit offset @offset
                """,
                Map,
                ("words", string.Join(' ', words)),
                ("places", Places(rooms, keys)),
                ("limit", (long)limit),
                ("offset", (long)offset)).ConfigureAwait(false)
            : await _source.Query(
                $"""
                with h as materialized (select rowid as nid, -bm25(search_words) as rank from search_words where search_words match @match)
                select s.event_nid, s.room_nid, h.rank, (select count(*) from h) from h join search_events s on s.event_nid = h.nid
                order by {order} limit @limit offset @offset
                """,
                Map,
                ("match", $"words : ({string.Join(" AND ", words.Select(w => $"\"{w}\""))}) AND place : ({Any(rooms, "\"r", "\"", " OR ")}) AND place : ({Any(keys.Select(k => (long)k), "\"k", "\"", " OR ")})"),
                ("limit", (long)limit),
                ("offset", (long)offset)).ConfigureAwait(false);
        return ([.. rows.Select(row => row.Row)], rows.Count > 0 ? rows[0].Count : 0);
    }

    /// <summary>
    /// Where to look, in groups of rooms that are looked up one after the other: for every entry that it meets, the index weighs all the words of a query,
    /// so many rooms at once make a common word slow; and one at a time, the entries of that word are read again for each.
    /// </summary>
    private static string[] Places(IReadOnlyCollection<long> rooms, IReadOnlyCollection<SearchKey> keys)
    {
        var among = Enum.GetValues<SearchKey>().All(keys.Contains) ? "" : $" & ({Any(keys.Select(k => (long)k), "'#k", "'", "|")})";
        return [.. rooms.Distinct().Chunk(RoomsAtOnce).Select(group => $"({Any(group, "'#r", "'", "|")}){among}")];
    }

    private static (SearchRow Row, int Count) Map(System.Data.Common.DbDataReader reader) =>
        (new SearchRow(reader.Number(0), reader.Number(1), reader.GetDouble(2)), (int)reader.Number(3));

    private static string Any(IEnumerable<long> numbers, string before, string after, string between) =>
        string.Join(between, numbers.Select(number => before + Text(number) + after));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
