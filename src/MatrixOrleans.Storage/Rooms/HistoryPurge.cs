using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;
using MatrixOrleans.Storage.State;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>What a purge did.</summary>
/// <param name="Placements">Places in the timeline that are gone.</param>
/// <param name="Bodies">Bodies that are gone; those of the retained states and their auth chains stay, as outliers.</param>
public sealed record PurgeResult(long BeforeSeq, int Placements, int Bodies);

/// <summary>
/// Removes the history that a room's purge mark (<see cref="LogKind.Purge"/>, written under the room's fence) gives up. Small batches that may stop
/// anywhere and be run again.
/// </summary>
internal sealed class HistoryPurge(SqlSource source, LogWriter writer)
{
    private const int BatchCount = 500;

    public async Task<PurgeResult> Run(long roomNid, RoomHead head, CancellationToken cancel)
    {
        var before = await source.Number("select before_seq from purges where room_nid = @room", ("room", roomNid)).ConfigureAwait(false) ?? long.MinValue;
        before = Math.Min(before, head.LastRoomSeq);
        var first = await source.First(
            "select version, pos from timeline where room_nid = @room and room_seq >= @before and room_seq is not null order by room_seq limit 1",
            static reader => (Version: reader.Number(0), Position: reader.NumberOrNull(1) ?? 0),
            ("room", roomNid),
            ("before", before)).ConfigureAwait(false);
        if (before == long.MinValue || first.Version == 0)
        {
            return new PurgeResult(before, 0, 0);
        }

        var needed = await Needed(roomNid, before, first.Version, head.Extremities).ConfigureAwait(false);
        await writer.Execute((session, _) => Forget(session, roomNid, before, first.Position)).ConfigureAwait(false);
        var (placements, bodies) = (0, 0);
        while (!cancel.IsCancellationRequested)
        {
            var (gone, deleted) = await writer.Execute((session, _) => Batch(session, roomNid, before, first.Version, head.Extremities, needed)).ConfigureAwait(false);
            if (gone == 0)
            {
                break;
            }

            placements += gone;
            bodies += deleted;
        }

        return new PurgeResult(before, placements, bodies);
    }

    /// <summary>Rows without a place (rejected, soft-failed, changes without an event) go with their neighbours, by version.</summary>
    private const string Gone = """
        room_nid = @room and ((room_seq is not null and room_seq < @before) or (room_seq is null and version < @version))
        and (event_nid is null or not (event_nid {any extremities}))
        """;

    private static async ValueTask<(int Placements, int Bodies)> Batch(
        WriteSession session, long roomNid, long before, long version, IReadOnlyList<long> extremities, HashSet<long> needed)
    {
        var rows = await session.Query(
            $"select version, event_nid from timeline where {Gone} order by version limit @limit",
            static reader => (Version: reader.Number(0), Nid: reader.NumberOrNull(1)),
            ("room", roomNid),
            ("before", before),
            ("version", version),
            ("extremities", extremities.ToArray()),
            ("limit", (long)BatchCount)).ConfigureAwait(false);
        if (rows.Count == 0)
        {
            return (0, 0);
        }

        var nids = rows.Where(row => row.Nid is { } nid && !needed.Contains(nid)).Select(row => row.Nid!.Value).ToArray();
        await session.Execute("delete from relations where room_nid = @room and event_nid {any nids}", ("room", roomNid), ("nids", nids)).ConfigureAwait(false);
        await session.Execute("delete from redactions where room_nid = @room and redaction_nid {any nids}", ("room", roomNid), ("nids", nids)).ConfigureAwait(false);
        await SearchStore.Remove(session, nids).ConfigureAwait(false);
        var bodies = await session.Execute("delete from events where nid {any nids}", ("nids", nids)).ConfigureAwait(false);
        await session.Execute(
            "delete from timeline where room_nid = @room and version {any versions}",
            ("room", roomNid),
            ("versions", rows.Select(row => row.Version).ToArray())).ConfigureAwait(false);
        return (rows.Count, bodies);
    }

    /// <summary>What refers to states of the purged time: deltas, gaps, and the view of those who left before.</summary>
    private static async ValueTask<int> Forget(WriteSession session, long roomNid, long before, long position)
    {
        await session.Execute("delete from deltas where room_nid = @room and pos < @pos", ("room", roomNid), ("pos", position)).ConfigureAwait(false);
        await session.Execute("delete from gaps where room_nid = @room and room_seq < @before", ("room", roomNid), ("before", before)).ConfigureAwait(false);
        return await session.Execute(
            "update memberships set state_root = 0 where room_nid = @room and pos < @pos and state_root <> 0",
            ("room", roomNid),
            ("pos", position)).ConfigureAwait(false);
    }

    /// <summary>The events of every state that a retained entry refers to, and their auth chains.</summary>
    private ValueTask<HashSet<long>> Needed(long roomNid, long before, long version, IReadOnlyList<long> extremities) =>
        source.Read(async session =>
        {
            var roots = await session.Query(
                $"select distinct state_before, state_after, current_state from timeline where room_nid = @room and not ({Gone})",
                static reader => (reader.Number(0), reader.Number(1), reader.Number(2)),
                ("room", roomNid),
                ("before", before),
                ("version", version),
                ("extremities", extremities.ToArray())).ConfigureAwait(false);
            var marks = new StateMarks(roomNid);
            await marks.Add(session, roots.SelectMany(root => new[] { root.Item1, root.Item2, root.Item3 })).ConfigureAwait(false);

            var needed = marks.Events;
            List<long> next = [.. needed];
            while (next.Count > 0)
            {
                var auth = new HashSet<EventId>();
                foreach (var chunk in next.Chunk(BatchCount))
                {
                    var edges = await session.Query("select edges from events where nid {any nids}", static reader => reader.Bytes(0), ("nids", chunk)).ConfigureAwait(false);
                    edges.ForEach(bytes => auth.UnionWith(Edges.Unpack(bytes).Auth));
                }

                next = [];
                foreach (var chunk in auth.Chunk(BatchCount))
                {
                    var nids = await session.Query(
                        "select nid from events where room_nid = @room and event_id {any ids}",
                        static reader => reader.Number(0),
                        ("room", roomNid),
                        ("ids", chunk.Select(id => id.Value).ToArray())).ConfigureAwait(false);
                    next.AddRange(nids.Where(needed.Add));
                }
            }

            return needed;
        });
}
