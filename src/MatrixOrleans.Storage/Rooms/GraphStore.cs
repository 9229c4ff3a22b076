using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>A redaction of an event that came, or will come, later.</summary>
/// <param name="Domain">The redacted event's sender must be of this domain; null: the redaction counts in any case.</param>
public sealed record EarlierRedaction(long RedactionNid, ServerName? Domain);

/// <summary>Reads who refers to whom among the events of a room.</summary>
public sealed class GraphStore
{
    private readonly SqlSource _source;

    internal GraphStore(SqlSource source) => _source = source;

    /// <summary>The state events that have the event among their <c>auth_events</c>; rarely others too.</summary>
    public async Task<IReadOnlyList<EventId>> Citing(long roomNid, EventId cited) =>
        await _source.Query(
            "select e.event_id from auth_citations c join events e on e.nid = c.citing_nid where c.room_nid = @room and c.cited = @cited",
            static reader => EventId.Parse(reader.String(0)),
            ("room", roomNid),
            ("cited", Citations.Number(cited))).ConfigureAwait(false);

    /// <summary>Rooms that have an event of this id; more than one only where senders choose ids.</summary>
    public async Task<IReadOnlyList<RoomId>> RoomsOf(EventId id) =>
        await _source.Query(
            "select r.room_id from events e join rooms r on r.nid = e.room_nid where e.event_id = @id limit 10",
            static reader => RoomId.Parse(reader.String(0)),
            ("id", id.Value)).ConfigureAwait(false);

    /// <summary>The redactions of an event that came before it.</summary>
    public async Task<IReadOnlyList<EarlierRedaction>> EarlierRedactions(long roomNid, EventId target) =>
        await _source.Query(
            """
            select redaction_nid, null from redactions where room_nid = @room and target_id = @target
            union all select redaction_nid, domain from redactions_waiting where room_nid = @room and target_id = @target
            """,
            static reader => new EarlierRedaction(reader.Number(0), reader.StringOrNull(1) is { } domain ? ServerName.Parse(domain) : null),
            ("room", roomNid),
            ("target", target.Value)).ConfigureAwait(false);

    /// <summary>All gaps of a room: where history is missing.</summary>
    public async Task<IReadOnlyList<GapRow>> Gaps(long roomNid) =>
        (await _source.Query(
            "select room_seq, missing from gaps where room_nid = @room order by room_seq",
            static reader => new GapRow(reader.Number(0), reader.Bytes(1)),
            ("room", roomNid)).ConfigureAwait(false)).FindAll(gap => gap.Missing.Length > 0);

    /// <summary>The servers of a room's joined members.</summary>
    public async Task<IReadOnlyList<ServerName>> JoinedServers(long roomNid)
    {
        // By user: the index by room leads to the rows; a member's server is the part of the id behind the first colon.
        var users = await _source.Query(
            "select user_id from memberships where room_nid = @room and membership = 2",
            static reader => reader.String(0),
            ("room", roomNid)).ConfigureAwait(false);
        return [.. users.Select(static user => UserId.Parse(user).ServerName).Distinct()];
    }
}
