using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Reading;

/// <summary>The threads of a room by their newest events (Client-Server API, "Querying threads in a room").</summary>
internal sealed class ThreadList(Database database, RoomRead read, IReadOnlySet<UserId> ignored)
{
    /// <summary>Most threads that one page looks at.</summary>
    private const int ScanMax = 1_000;

    /// <param name="before">Only threads whose newest event lies before this <c>room_seq</c>.</param>
    public async ValueTask<Walked> Page(long before, bool participated, int limit)
    {
        var view = read.View;
        var found = new List<VisibleEvent>();
        for (var scanned = 0; scanned < ScanMax;)
        {
            var threads = await database.Rooms.Related.Threads(
                view.RoomNid, view.UpToSeq, before, participated ? view.Viewer.User : null, [.. ignored], limit + 1);
            var roots = (await database.Rooms.EventsByIds(view.RoomNid, [.. threads.Select(t => t.Root)])).ToDictionary(e => e.EventId);
            for (var i = 0; i < threads.Count; i++)
            {
                before = threads[i].LastSeq;
                if (roots.GetValueOrDefault(threads[i].Root.Value) is not { } stored || await read.Gate.Pass(stored) is not { } visible)
                {
                    continue;
                }

                found.Add(ignored.Contains(visible.Pdu.Sender) ? visible with { Pdu = read.States.Pruned(stored) } : visible);
                if (found.Count == limit)
                {
                    return new Walked(found, i < threads.Count - 1 ? before - 1 : null);
                }
            }

            if (threads.Count <= limit)
            {
                return new Walked(found, null);
            }

            scanned += threads.Count;
        }

        return new Walked(found, before - 1);
    }
}
