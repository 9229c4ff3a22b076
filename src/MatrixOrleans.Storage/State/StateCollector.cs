using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.State;

/// <summary>What a collection of unused state found.</summary>
/// <param name="Kept">Nodes that something refers to.</param>
/// <param name="Unused">Nodes that nothing refers to.</param>
/// <param name="Deleted">How many of those went; 0 in a dry run.</param>
public sealed record StateCollection(int Kept, int Unused, int Deleted);

/// <summary>
/// Mark and sweep of one room's trie. Marked is what entries of the room and memberships refer to. Each small batch of the sweep first marks what was
/// written since, in a transaction that no writer with trie nodes overlaps: a node that a writer is about to use again is either marked or not there
/// for him to find.
/// </summary>
internal sealed class StateCollector(SqlSource source, LogWriter writer, StateStore states)
{
    private const int RowsRead = 5000;
    private const int DeletesInBatch = 500;

    public async Task<StateCollection> Run(long roomNid, bool dryRun, CancellationToken cancel)
    {
        var marks = new StateMarks(roomNid);
        var version = await source.Read(async session =>
        {
            var upto = await MarkSince(session, roomNid, 0, marks).ConfigureAwait(false);
            await marks.Add(session, await session.Query(
                "select distinct state_root from memberships where room_nid = @room",
                static reader => reader.Number(0),
                ("room", roomNid)).ConfigureAwait(false)).ConfigureAwait(false);
            return upto;
        }).ConfigureAwait(false);

        var (kept, unused, deleted, after) = (0, 0, 0, long.MinValue);
        while (!cancel.IsCancellationRequested)
        {
            var ids = await source.Query(
                "select id from state_nodes where room_nid = @room and id > @after order by id limit @limit",
                static reader => reader.Number(0),
                ("room", roomNid),
                ("after", after),
                ("limit", (long)RowsRead)).ConfigureAwait(false);
            if (ids.Count == 0)
            {
                break;
            }

            after = ids[^1];
            var garbage = ids.Where(id => !marks.Nodes.Contains(id)).ToArray();
            kept += ids.Count - garbage.Length;
            unused += garbage.Length;
            foreach (var chunk in dryRun ? [] : garbage.Chunk(DeletesInBatch))
            {
                var from = version;
                (version, var gone) = await writer.Execute((session, _) => Sweep(session, roomNid, from, marks, chunk)).ConfigureAwait(false);
                deleted += gone;
                foreach (var id in chunk)
                {
                    states.Forget(roomNid, id);
                }
            }
        }

        return new StateCollection(kept, unused, deleted);
    }

    private static async ValueTask<(long Version, int Deleted)> Sweep(WriteSession session, long roomNid, long version, StateMarks marks, long[] garbage)
    {
        if (session.Dialect.IsPostgres)
        {
            await session.Execute(PostgresBatch.NodesLock).ConfigureAwait(false);
        }

        version = await MarkSince(session, roomNid, version, marks).ConfigureAwait(false);
        var deleted = await session.Execute(
            "delete from state_nodes where room_nid = @room and id {any ids}",
            ("room", roomNid),
            ("ids", garbage.Where(id => !marks.Nodes.Contains(id)).ToArray())).ConfigureAwait(false);
        return (version, deleted);
    }

    /// <summary>Marks what entries after a version refer to.</summary>
    /// <returns>The version that was reached.</returns>
    private static async ValueTask<long> MarkSince(SqlSession session, long roomNid, long version, StateMarks marks)
    {
        while (true)
        {
            var rows = await session.Query(
                "select version, state_before, state_after, current_state from timeline where room_nid = @room and version > @after order by version limit @limit",
                static reader => (Version: reader.Number(0), Before: reader.Number(1), After: reader.Number(2), Current: reader.Number(3)),
                ("room", roomNid),
                ("after", version),
                ("limit", (long)RowsRead)).ConfigureAwait(false);
            await marks.Add(session, rows.SelectMany(row => new[] { row.Before, row.After, row.Current })).ConfigureAwait(false);
            if (rows.Count < RowsRead)
            {
                return rows.Count > 0 ? rows[^1].Version : version;
            }

            version = rows[^1].Version;
        }
    }
}
