using System.Data.Common;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>How a <see cref="StoredEvent"/> is read.</summary>
internal static class EventRows
{
    public const string Columns = """
        select e.nid, e.room_nid, e.event_id, e.type, e.state_key, e.sender, e.origin_server_ts, e.depth, e.json,
            t.class, t.room_seq, t.pos, t.version, t.state_before, t.state_after, t.facts, t.thread_root,
            (select min(r.redaction_nid) from redactions r where r.room_nid = e.room_nid and r.target_id = e.event_id),
            t.txn_device, t.txn_id, t.relayed_by
        """;

    /// <summary>From the bodies, with their place where they have one.</summary>
    public const string FromEvents = Columns + " from events e left join timeline t on t.event_nid = e.nid ";

    /// <summary>From the timeline.</summary>
    public const string FromTimeline = Columns + " from timeline t join events e on e.nid = t.event_nid ";

    public static StoredEvent Map(DbDataReader reader)
    {
        var facts = reader.NumberOrNull(15) ?? 0;
        return new StoredEvent(
            reader.Number(0),
            reader.Number(1),
            reader.String(2),
            reader.String(3),
            reader.StringOrNull(4),
            reader.String(5),
            reader.Number(6),
            reader.Number(7),
            reader.Bytes(8),
            (EventClass)(reader.NumberOrNull(9) ?? 0),
            reader.NumberOrNull(10),
            reader.NumberOrNull(11) ?? 0,
            reader.NumberOrNull(12) ?? 0,
            reader.NumberOrNull(13) ?? 0,
            reader.NumberOrNull(14) ?? 0,
            new PushFacts((int)(facts >> 1), (facts & 1) != 0),
            reader.StringOrNull(16),
            reader.NumberOrNull(17),
            reader.StringOrNull(18),
            reader.StringOrNull(19),
            reader.StringOrNull(20));
    }
}
