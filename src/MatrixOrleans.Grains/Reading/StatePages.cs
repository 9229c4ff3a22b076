using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Reading;

/// <summary>A state in pages, in the order of the events' numbers; a state is immutable, so the pages fit together whatever happens meanwhile.</summary>
internal static class StatePages
{
    private const int EventsMax = 1_000;

    public static StateCursor Begin(RoomView view, long root) => new(root, 0, view.Room.Position);

    /// <param name="wanted">Which of the state's events to list.</param>
    public static async ValueTask<StatePage> Read(Database database, RoomRead read, StateCursor cursor, Func<StoredEvent, bool> wanted)
    {
        var rest = (await database.States.All(read.View.RoomNid, cursor.Root)).Where(nid => nid > cursor.AfterNid).Order().ToList();
        var events = new List<StoredEvent>();
        var taken = 0;
        while (taken < rest.Count && events.Count < EventsMax)
        {
            var nids = rest.GetRange(taken, Math.Min(EventsMax, rest.Count - taken));
            var stored = await read.States.ByNids(nids);
            taken += nids.Count;
            events.AddRange(nids.Where(stored.ContainsKey).Select(nid => stored[nid]).Where(wanted));
        }

        return new StatePage(await read.Writer.State(events), taken < rest.Count ? cursor with { AfterNid = rest[taken - 1] } : null);
    }
}
