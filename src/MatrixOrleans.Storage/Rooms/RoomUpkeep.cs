using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;
using MatrixOrleans.Storage.State;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>Purging of history and collection of unused state. One of them at a time for a room.</summary>
public sealed class RoomUpkeep
{
    private readonly StateCollector _collector;
    private readonly HistoryPurge _purge;
    private readonly SqlSource _source;

    internal RoomUpkeep(SqlSource source, LogWriter writer, StateStore states)
    {
        _source = source;
        _collector = new StateCollector(source, writer, states);
        _purge = new HistoryPurge(source, writer);
    }

    /// <summary>Deletes trie nodes of the room that nothing refers to, in small batches, while the room goes on.</summary>
    /// <param name="dryRun">Count only.</param>
    public Task<StateCollection> CollectState(long roomNid, bool dryRun, CancellationToken cancel) => _collector.Run(roomNid, dryRun, cancel);

    /// <summary>
    /// Removes the history before the room's purge mark. The newest event always stays, and so do forward extremities, the states at and after the mark
    /// and their auth chains. Unused state goes with the next <see cref="CollectState"/>.
    /// </summary>
    /// <param name="head">As loaded after the mark was written.</param>
    public Task<PurgeResult> PurgeHistory(long roomNid, RoomHead head, CancellationToken cancel) => _purge.Run(roomNid, head, cancel);

    /// <summary>Rooms with a purge mark, for a purge that was interrupted.</summary>
    public async Task<IReadOnlyList<(long RoomNid, long BeforeSeq)>> Marks() =>
        await _source.Query("select room_nid, before_seq from purges order by room_nid", static reader => (reader.Number(0), reader.Number(1))).ConfigureAwait(false);
}
