using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;
using MatrixOrleans.Storage.State;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>Reads rooms: heads, events, timelines, deltas, gaps, relations.</summary>
public sealed class RoomStore
{
    private const string RoomRow = "select nid, room_id, version, create_event_id, federate, tenant, created_ms from rooms ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal RoomStore(SqlSource source, LogWriter writer, StateStore states)
    {
        (_source, _writer) = (source, writer);
        Upkeep = new RoomUpkeep(source, writer, states);
        Related = new RelationStore(source);
        Graph = new GraphStore(source);
        Lists = new RoomListStore(source);
    }

    /// <summary>Who refers to whom.</summary>
    public GraphStore Graph { get; }

    /// <summary>Purging of history and collection of unused state.</summary>
    public RoomUpkeep Upkeep { get; }

    /// <summary>Events by what they relate to, for answers to clients.</summary>
    public RelationStore Related { get; }

    /// <summary>What lists of many rooms are made of.</summary>
    public RoomListStore Lists { get; }

    public async Task<RoomRecord?> Find(RoomId id) => await _source.First(RoomRow + "where room_id = @id", Room, ("id", id.Value)).ConfigureAwait(false);

    public async Task<RoomRecord?> Find(long nid) => await _source.First(RoomRow + "where nid = @nid", Room, ("nid", nid)).ConfigureAwait(false);

    /// <summary>Room numbers after <paramref name="afterNid"/>, ascending.</summary>
    public async Task<IReadOnlyList<RoomRecord>> List(long afterNid, int limit) =>
        await _source.Query(RoomRow + "where nid > @after order by nid limit @limit", Room, ("after", afterNid), ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>The head, worked out from the newest entries.</summary>
    public async Task<RoomHead> LoadHead(long roomNid) =>
        await _source.Read(async session =>
        {
            // Bounded by the newest version, so that several statements see one room.
            var newest = await session.First(
                "select version, current_state, joined, invited from timeline where room_nid = @room order by version desc limit 1",
                static reader => (Version: reader.Number(0), State: reader.Number(1), Joined: (int)reader.Number(2), Invited: (int)reader.Number(3)),
                ("room", roomNid)).ConfigureAwait(false);
            if (newest.Version == 0)
            {
                return new RoomHead(0, 0, 1, 0, 0, [], 0, 0);
            }

            var last = await session.First(
                """
                select (select max(room_seq) from timeline where room_nid = @room and room_seq is not null and version <= @version),
                    (select min(room_seq) from timeline where room_nid = @room and room_seq is not null and version <= @version),
                    (select pos from log where room_nid = @room and kind < 10 and version <= @version order by pos desc limit 1)
                """,
                static reader => (Seq: reader.NumberOrNull(0), First: reader.NumberOrNull(1), Pos: reader.NumberOrNull(2)),
                ("room", roomNid),
                ("version", newest.Version)).ConfigureAwait(false);
            var extremities = await session.First(
                """
                select extremities, event_nid from timeline
                where room_nid = @room and version <= @version and (extremities is not null or (kind = 1 and class = 1 and room_seq > 0))
                order by version desc limit 1
                """,
                static reader => reader.BytesOrNull(0) is { } packed ? EventNids.Unpack(packed) : [reader.Number(1)],
                ("room", roomNid),
                ("version", newest.Version)).ConfigureAwait(false);
            return new RoomHead(newest.Version, last.Seq ?? 0, last.First ?? 1, last.Pos ?? 0, newest.State, extremities ?? [], newest.Joined, newest.Invited);
        }).ConfigureAwait(false);

    /// <summary>The room's version now; 0 for an unknown one.</summary>
    public async Task<long> Version(long roomNid) =>
        await _source.Number("select max(version) from timeline where room_nid = @room", ("room", roomNid)).ConfigureAwait(false) ?? 0;

    public async Task<StoredEvent?> EventById(long roomNid, EventId id) =>
        await _source.First(
            EventRows.FromEvents + "where e.room_nid = @room and e.event_id = @id",
            EventRows.Map,
            ("room", roomNid),
            ("id", id.Value)).ConfigureAwait(false);

    /// <summary>Those that are stored, in no particular order.</summary>
    public async Task<IReadOnlyList<StoredEvent>> EventsByIds(long roomNid, IReadOnlyCollection<EventId> ids) =>
        ids.Count == 0
            ? []
            : await _source.Query(
                EventRows.FromEvents + "where e.room_nid = @room and e.event_id {any ids}",
                EventRows.Map,
                ("room", roomNid),
                ("ids", ids.Select(id => id.Value).ToArray())).ConfigureAwait(false);

    /// <summary>Those that are stored, in no particular order.</summary>
    // The plus keeps SQLite from going through the whole room by an index on it.
    public async Task<IReadOnlyList<StoredEvent>> EventsByNids(long roomNid, IReadOnlyCollection<long> nids) =>
        nids.Count == 0
            ? []
            : await _source.Query(
                EventRows.FromEvents + "where e.nid {any nids} and +e.room_nid = @room",
                EventRows.Map,
                ("room", roomNid),
                ("nids", nids.ToArray())).ConfigureAwait(false);

    /// <summary>The place of events in the DAG, without their bodies.</summary>
    public async Task<IReadOnlyList<EventEdges>> Edges(long roomNid, IReadOnlyCollection<EventId> ids) =>
        ids.Count == 0
            ? []
            : await _source.Query(
                "select nid, event_id, depth, edges from events where room_nid = @room and event_id {any ids}",
                static reader =>
                {
                    var (prev, auth) = Log.Edges.Unpack(reader.Bytes(3));
                    return new EventEdges(reader.Number(0), EventId.Parse(reader.String(1)), reader.Number(2), prev, auth);
                },
                ("room", roomNid),
                ("ids", ids.Select(id => id.Value).ToArray())).ConfigureAwait(false);

    /// <summary>
    /// Accepted events by room_seq, starting beside <paramref name="fromExclusive"/> and walking forwards or backwards, not beyond
    /// <paramref name="untilInclusive"/>.
    /// </summary>
    public async Task<IReadOnlyList<StoredEvent>> Timeline(long roomNid, long fromExclusive, bool backwards, int limit, long? untilInclusive) =>
        await _source.Query(
            EventRows.FromTimeline + (backwards
                ? "where t.room_nid = @room and t.room_seq < @from and t.room_seq >= @until order by t.room_seq desc limit @limit"
                : "where t.room_nid = @room and t.room_seq > @from and t.room_seq <= @until order by t.room_seq limit @limit"),
            EventRows.Map,
            ("room", roomNid),
            ("from", fromExclusive),
            ("until", untilInclusive ?? (backwards ? long.MinValue : long.MaxValue)),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>The newest accepted events with a position in (after, upto], in order of room_seq.</summary>
    public async Task<TimelineSlice> TimelineSince(long roomNid, long afterPosition, long uptoPosition, int newestLimit)
    {
        var events = await _source.Query(
            EventRows.Columns + """
                 from log l join timeline t on t.room_nid = l.room_nid and t.version = l.version join events e on e.nid = t.event_nid
                where l.room_nid = @room and l.pos > @after and l.pos <= @upto and l.kind < 10 and l.kind = 1 and l.room_seq is not null
                order by l.pos desc limit @limit
                """,
            EventRows.Map,
            ("room", roomNid),
            ("after", afterPosition),
            ("upto", uptoPosition),
            ("limit", newestLimit + 1L)).ConfigureAwait(false);
        var limited = events.Count > newestLimit;
        if (limited)
        {
            events.RemoveAt(newestLimit);
        }

        events.Reverse();
        return new TimelineSlice(events, limited);
    }

    /// <summary>The highest room_seq at a log position; 0 before the first event.</summary>
    public async Task<long> SeqAt(long roomNid, long position) =>
        await _source.Number(
            "select room_seq from log where room_nid = @room and pos <= @pos and kind < 10 and kind = 1 and room_seq is not null order by pos desc limit 1",
            ("room", roomNid),
            ("pos", position)).ConfigureAwait(false) ?? 0;

    /// <summary>The room as of a log position; null before its first entry.</summary>
    public async Task<RoomVersionAt?> At(long roomNid, long position)
    {
        var at = await _source.First(
            """
            select t.version, t.pos, t.current_state, t.joined, t.invited from timeline t where t.room_nid = @room and t.version = (
                select version from log where room_nid = @room and pos <= @pos and kind < 10 order by pos desc limit 1)
            """,
            static reader => new RoomVersionAt(reader.Number(0), reader.Number(1), reader.Number(2), (int)reader.Number(3), (int)reader.Number(4), 0),
            ("room", roomNid),
            ("pos", position)).ConfigureAwait(false);
        return at is null ? null : at with { RoomSeq = await SeqAt(roomNid, position).ConfigureAwait(false) };
    }

    /// <summary>What changed in the current state in (after, upto], in order. Changes older than a purge are gone.</summary>
    public async Task<IReadOnlyList<DeltaRow>> Deltas(long roomNid, long afterPosition, long uptoPosition) =>
        await _source.Query(
            """
            select d.pos, e.type, e.state_key, d.old_nid, d.new_nid from deltas d join events e on e.nid = coalesce(d.new_nid, d.old_nid)
            where d.room_nid = @room and d.pos > @after and d.pos <= @upto order by d.pos, d.ord
            """,
            static reader => new DeltaRow(reader.Number(0), reader.String(1), reader.String(2), reader.NumberOrNull(3), reader.NumberOrNull(4)),
            ("room", roomNid),
            ("after", afterPosition),
            ("upto", uptoPosition)).ConfigureAwait(false);

    /// <summary>Gaps before events with a room_seq from <paramref name="fromSeq"/> to <paramref name="toSeq"/>, both included, ascending.</summary>
    public async Task<IReadOnlyList<GapRow>> Gaps(long roomNid, long fromSeq, long toSeq) =>
        (await _source.Query(
            "select room_seq, missing from gaps where room_nid = @room and room_seq >= @from and room_seq <= @to order by room_seq",
            static reader => new GapRow(reader.Number(0), reader.Bytes(1)),
            ("room", roomNid),
            ("from", fromSeq),
            ("to", toSeq)).ConfigureAwait(false)).FindAll(gap => gap.Missing.Length > 0);

    /// <summary>Accepted events that relate to the target, newest first, below <paramref name="beforeSeq"/>.</summary>
    /// <param name="relType">Null: every kind of relation.</param>
    public async Task<IReadOnlyList<RelationRow>> Relations(long roomNid, IReadOnlyCollection<EventId> targets, string? relType, long beforeSeq, int limit) =>
        targets.Count == 0
            ? []
            : await _source.Query(
                EventRows.Columns + """
                    , x.target_id, x.rel_type
                    from relations x join events e on e.nid = x.event_nid join timeline t on t.event_nid = e.nid
                    where x.room_nid = @room and x.target_id {any targets} and t.room_seq < @before
                    """ + (relType is null ? "" : " and x.rel_type = @type") + " order by t.room_seq desc limit @limit",
                static reader => new RelationRow(reader.String(21), reader.String(22), EventRows.Map(reader)),
                relType is null
                    ? [("room", roomNid), ("targets", targets.Select(id => id.Value).ToArray()), ("before", beforeSeq), ("limit", (long)limit)]
                    : [("room", roomNid), ("targets", targets.Select(id => id.Value).ToArray()), ("before", beforeSeq), ("limit", (long)limit), ("type", relType)])
                .ConfigureAwait(false);

    /// <summary>Accepted events of a thread, newest first, below <paramref name="beforeSeq"/>.</summary>
    public async Task<IReadOnlyList<StoredEvent>> Thread(long roomNid, EventId root, long beforeSeq, int limit) =>
        await _source.Query(
            EventRows.FromTimeline + "where t.room_nid = @room and t.thread_root = @root and t.thread_root is not null and t.room_seq < @before order by t.room_seq desc limit @limit",
            EventRows.Map,
            ("room", roomNid),
            ("root", root.Value),
            ("before", beforeSeq),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Thread roots of the room by their newest event, newest first; of threads whose newest event is below <paramref name="beforeSeq"/>.</summary>
    public async Task<IReadOnlyList<(string Root, long LastSeq)>> Threads(long roomNid, long beforeSeq, int limit) =>
        await _source.Query(
            """
            select thread_root, max(room_seq) from timeline where room_nid = @room and thread_root is not null
            group by thread_root having max(room_seq) < @before order by 2 desc limit @limit
            """,
            static reader => (reader.String(0), reader.Number(1)),
            ("room", roomNid),
            ("before", beforeSeq),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>
    /// Accepted events by their origin_server_ts from a time on (or back), nearest first, for <c>timestamp_to_event</c>; those of one millisecond by
    /// room_seq.
    /// </summary>
    /// <param name="besideSeq">Where the page before ended within the millisecond; null on the first page.</param>
    public async Task<IReadOnlyList<StoredEvent>> NearestTo(long roomNid, long ts, bool backwards, long? besideSeq, long uptoSeq, int limit) =>
        await _source.Query(
            EventRows.Columns + " from events e cross join timeline t where t.event_nid = e.nid and t.room_seq is not null and e.room_nid = @room and t.room_seq <= @upto" + (backwards
                ? " and e.origin_server_ts <= @ts and (e.origin_server_ts < @ts or t.room_seq < @beside) order by e.origin_server_ts desc, t.room_seq desc limit @limit"
                : " and e.origin_server_ts >= @ts and (e.origin_server_ts > @ts or t.room_seq > @beside) order by e.origin_server_ts, t.room_seq limit @limit"),
            EventRows.Map,
            ("room", roomNid),
            ("ts", ts),
            ("beside", besideSeq ?? (backwards ? long.MaxValue : long.MinValue)),
            ("upto", uptoSeq),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Messages of a user up to a place that were not redacted, newest first.</summary>
    public async Task<IReadOnlyList<StoredEvent>> MessagesOf(long roomNid, UserId sender, long uptoSeq, int limit) =>
        await _source.Query(
            EventRows.FromTimeline + """
                where t.room_nid = @room and t.room_seq <= @upto and t.room_seq is not null and e.sender = @sender and e.state_key is null and e.type <> 'm.room.redaction'
                    and not exists (select 1 from redactions d where d.room_nid = e.room_nid and d.target_id = e.event_id)
                order by t.room_seq desc limit @limit
                """,
            EventRows.Map,
            ("room", roomNid),
            ("upto", uptoSeq),
            ("sender", sender.Value),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Those of some events that have a type, in no particular order.</summary>
    public async Task<IReadOnlyList<StoredEvent>> EventsOfType(long roomNid, IReadOnlyCollection<long> nids, string type) =>
        nids.Count == 0
            ? []
            : await _source.Query(
                EventRows.FromEvents + "where e.nid {any nids} and +e.room_nid = @room and e.type = @type",
                EventRows.Map,
                ("room", roomNid),
                ("nids", nids.ToArray()),
                ("type", type)).ConfigureAwait(false);

    /// <summary>The answer stored for a transaction, or null.</summary>
    public async Task<string?> TxnAnswer(string key) =>
        await _source.First("select answer from txns where key = @key", static reader => reader.String(0), ("key", key)).ConfigureAwait(false);

    /// <summary>Forgets transactions older than a time. Walks through all of them: no index has to be kept for it.</summary>
    public async Task<int> ForgetTxns(long olderThanMs, CancellationToken cancel = default)
    {
        const int page = 2_000;
        var forgotten = 0;
        for (var after = ""; !cancel.IsCancellationRequested;)
        {
            var keys = await _source.Query(
                "select key, created_ms from txns where key > @after order by key limit @page",
                static reader => (Key: reader.String(0), CreatedMs: reader.Number(1)),
                ("after", after),
                ("page", (long)page)).ConfigureAwait(false);
            string[] old = [.. keys.Where(txn => txn.CreatedMs < olderThanMs).Select(txn => txn.Key)];
            if (old.Length > 0)
            {
                forgotten += await _writer.Execute((session, _) => session.Execute("delete from txns where key {any old} and created_ms < @before", ("old", old), ("before", olderThanMs))).ConfigureAwait(false);
            }

            if (keys.Count < page)
            {
                break;
            }

            after = keys[^1].Key;
        }

        return forgotten;
    }

    /// <summary>Stores bodies without a place. Ids that are known keep their number; the answer has the number of each.</summary>
    public Task<IReadOnlyDictionary<EventId, long>> AddOutliers(long roomNid, IReadOnlyList<EventRecord> bodies) =>
        _writer.Execute<IReadOnlyDictionary<EventId, long>>(async (session, _) =>
        {
            foreach (var body in bodies)
            {
                await session.Execute(
                    """
                    insert into events (nid, room_nid, event_id, type, state_key, sender, origin_server_ts, depth, json, edges)
                    values (@nid, @room, @id, @type, @key, @sender, @ts, @depth, @json, @edges) on conflict do nothing
                    """,
                    ("nid", body.Nid),
                    ("room", roomNid),
                    ("id", body.Id.Value),
                    ("type", body.Type),
                    ("key", body.StateKey),
                    ("sender", body.Sender.Value),
                    ("ts", body.OriginServerTs),
                    ("depth", body.Depth),
                    ("json", body.Json),
                    ("edges", Log.Edges.Pack(body.Prev, body.Auth))).ConfigureAwait(false);
                await Citations.Write(session, roomNid, body).ConfigureAwait(false);
            }

            var rows = await session.Query(
                "select event_id, nid from events where room_nid = @room and event_id {any ids}",
                static reader => (Id: EventId.Parse(reader.String(0)), Nid: reader.Number(1)),
                ("room", roomNid),
                ("ids", bodies.Select(body => body.Id.Value).ToArray())).ConfigureAwait(false);
            return rows.ToDictionary(row => row.Id, row => row.Nid);
        });

    /// <summary>Stores nodes of states that other servers gave, before an event with such a state comes.</summary>
    public Task<int> AddStateNodes(long roomNid, IReadOnlyList<StateNode> nodes) =>
        _writer.Execute(async (session, _) =>
        {
            var added = 0;
            foreach (var node in nodes)
            {
                added += await session.Execute(
                    "insert into state_nodes (room_nid, id, bytes) values (@room, @id, @bytes) on conflict do nothing",
                    ("room", roomNid),
                    ("id", node.Id),
                    ("bytes", node.Bytes)).ConfigureAwait(false);
            }

            return added;
        });

    private static RoomRecord Room(DbDataReader reader) => new(
        reader.Number(0),
        RoomId.Parse(reader.String(1)),
        reader.String(2),
        reader.StringOrNull(3) is { } create ? EventId.Parse(create) : null,
        reader.Flag(4),
        ServerName.Parse(reader.String(5)),
        reader.Number(6));
}
