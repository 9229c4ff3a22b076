using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>
/// Reads events by what they relate to (Client-Server API, "Forming relationships between events"). A redacted event relates to nothing any more.
/// The cross joins keep SQLite from walking a room's timeline where it should begin with the few relations.
/// </summary>
public sealed class RelationStore
{
    private const string FromRelations = """
         from relations x cross join events e cross join timeline t
        where x.room_nid = @room and x.target_id {any targets} and e.nid = x.event_nid and t.event_nid = e.nid and t.room_seq is not null
            and not exists (select 1 from redactions d where d.room_nid = e.room_nid and d.target_id = e.event_id)
        """;

    /// <summary>Most references of one event that are told with it.</summary>
    private const long ReferencesMax = 100;

    /// <summary>Of edits and thread events of one target: the newest, more than one since the reader may not see the newest.</summary>
    private const long CandidatesMax = 10;

    private readonly SqlSource _source;

    internal RelationStore(SqlSource source) => _source = source;

    /// <summary>Accepted events that relate to one of the targets, by room_seq from beside <paramref name="fromExclusive"/> to <paramref name="untilInclusive"/>.</summary>
    /// <param name="relType">Null: every kind of relation.</param>
    /// <param name="eventType">Null: events of every type.</param>
    public async Task<IReadOnlyList<StoredEvent>> Page(
        long roomNid, IReadOnlyCollection<EventId> targets, string? relType, string? eventType, long fromExclusive, bool backwards, int limit, long? untilInclusive) =>
        targets.Count == 0
            ? []
            : await _source.Query(
                EventRows.Columns + FromRelations
                    + (backwards ? " and t.room_seq < @from and t.room_seq >= @until" : " and t.room_seq > @from and t.room_seq <= @until")
                    + " and (@anyrel = 1 or x.rel_type = @rel) and (@anytype = 1 or e.type = @type) order by t.room_seq "
                    + (backwards ? "desc" : "asc") + " limit @limit",
                EventRows.Map,
                ("room", roomNid),
                ("targets", targets.Select(id => id.Value).ToArray()),
                ("from", fromExclusive),
                ("until", untilInclusive ?? (backwards ? long.MinValue : long.MaxValue)),
                ("anyrel", relType is null ? 1L : 0L),
                ("rel", relType ?? ""),
                ("anytype", eventType is null ? 1L : 0L),
                ("type", eventType ?? ""),
                ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>The ids of events that relate to one of the targets in any way, newest first.</summary>
    public async Task<IReadOnlyList<EventId>> Children(long roomNid, IReadOnlyCollection<EventId> targets, int limit) =>
        targets.Count == 0
            ? []
            : await _source.Query(
                "select e.event_id" + FromRelations + " order by t.room_seq desc limit @limit",
                static reader => EventId.Parse(reader.String(0)),
                ("room", roomNid),
                ("targets", targets.Select(id => id.Value).ToArray()),
                ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Roots of threads by their newest event up to <paramref name="uptoSeq"/>, newest first; of those whose newest is below <paramref name="beforeSeq"/>.</summary>
    /// <param name="participant">When set, only threads in which this user sent the root or an event.</param>
    /// <param name="ignored">Events of these senders do not count.</param>
    public async Task<IReadOnlyList<(EventId Root, long LastSeq)>> Threads(
        long roomNid, long uptoSeq, long beforeSeq, UserId? participant, IReadOnlyCollection<UserId> ignored, int limit)
    {
        var sql = """
            select g.root, g.last from (
                select t.thread_root as root, max(t.room_seq) as last from timeline t
                join relations x on x.room_nid = t.room_nid and x.target_id = t.thread_root and x.rel_type = 'm.thread' and x.event_nid = t.event_nid
                join events e on e.nid = t.event_nid
                where t.room_nid = @room and t.thread_root is not null and t.room_seq <= @upto
                    and not exists (select 1 from redactions d where d.room_nid = e.room_nid and d.target_id = e.event_id)
            """ + (ignored.Count > 0 ? " and not (e.sender {any ignored})" : "") + """
                 group by t.thread_root) g
            where g.last < @before
            """ + (participant is null ? "" : """
                 and (exists (select 1 from events r where r.room_nid = @room and r.event_id = g.root and r.sender = @user)
                    or exists (select 1 from relations y join events z on z.nid = y.event_nid
                        where y.room_nid = @room and y.target_id = g.root and y.rel_type = 'm.thread' and z.sender = @user
                            and not exists (select 1 from redactions d where d.room_nid = z.room_nid and d.target_id = z.event_id)))
                """) + " order by g.last desc limit @limit";
        List<(string, object?)> values = [("room", roomNid), ("upto", uptoSeq), ("before", beforeSeq), ("limit", (long)limit)];
        if (participant is { } user)
        {
            values.Add(("user", user.Value));
        }

        if (ignored.Count > 0)
        {
            values.Add(("ignored", ignored.Select(id => id.Value).ToArray()));
        }

        return await _source.Query(sql, static reader => (EventId.Parse(reader.String(0)), reader.Number(1)), [.. values]).ConfigureAwait(false);
    }

    /// <summary>
    /// What is aggregated of the events that relate to the targets: edits by the same sender and of the same type, the newest by their own time first;
    /// events of threads, and references. One query, whatever the number of targets; of each kind only the newest come.
    /// </summary>
    /// <param name="uptoSeq">Later events are left out.</param>
    /// <param name="ignored">Events of these senders do not count.</param>
    public async Task<IReadOnlyList<AggregateRow>> Aggregates(
        long roomNid, IReadOnlyCollection<EventId> targets, long uptoSeq, UserId user, IReadOnlyCollection<UserId> ignored)
    {
        if (targets.Count == 0)
        {
            return [];
        }

        var sql = """
            select g.target_id, g.rel_type, g.event_nid, g.total, g.mine from (
                select x.target_id, x.rel_type, x.event_nid,
                    row_number() over (partition by x.target_id, x.rel_type
                        order by case when x.rel_type = 'm.replace' then e.origin_server_ts else t.room_seq end desc, e.event_id desc) as place,
                    count(*) over (partition by x.target_id, x.rel_type) as total,
                    max(case when e.sender = @user then 1 else 0 end) over (partition by x.target_id, x.rel_type) as mine
            """ + FromRelations + """
                 and t.room_seq <= @upto and x.rel_type in ('m.replace', 'm.thread', 'm.reference')
                    and (x.rel_type <> 'm.replace' or (e.state_key is null and exists (
                        select 1 from events o where o.room_nid = x.room_nid and o.event_id = x.target_id and o.sender = e.sender and o.type = e.type)))
                """ + (ignored.Count > 0 ? " and not (e.sender {any ignored})" : "") + """
                 ) g where g.place <= case when g.rel_type = 'm.reference' then @references else @others end order by g.target_id, g.rel_type, g.place
                """;
        List<(string, object?)> values =
        [
            ("room", roomNid),
            ("targets", targets.Select(id => id.Value).ToArray()),
            ("upto", uptoSeq),
            ("user", user.Value),
            ("references", ReferencesMax),
            ("others", CandidatesMax),
        ];
        if (ignored.Count > 0)
        {
            values.Add(("ignored", ignored.Select(id => id.Value).ToArray()));
        }

        return await _source.Query(
            sql,
            static reader => new AggregateRow(reader.String(0), reader.String(1), reader.Number(2), (int)reader.Number(3), reader.Number(4) != 0),
            [.. values]).ConfigureAwait(false);
    }
}
