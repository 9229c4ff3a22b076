using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Reading;

/// <summary>Gathers the events that relate to one, as far as the reader sees them (Client-Server API, <c>GET /rooms/{roomId}/relations/{eventId}</c>).</summary>
internal sealed class RelationWalk(Database database, RoomRead read, IReadOnlySet<UserId> ignored)
{
    /// <summary>How many levels of relations are followed when the client asks to recurse.</summary>
    public const int DepthMax = 3;

    /// <summary>Most events whose relations are followed for one answer.</summary>
    private const int TargetsMax = 2_000;

    /// <summary>Most events that one page looks at.</summary>
    private const int ScanMax = 3_000;

    private const int BatchMin = 20;
    private const int BatchMax = 500;

    /// <summary>The event and all that relate to it directly or indirectly, short of the last level: what the listed events relate to.</summary>
    /// <returns>The events, and how many levels deep what relates to them is.</returns>
    public async ValueTask<(IReadOnlyCollection<EventId> Targets, int Depth)> Targets(EventId root, bool recurse)
    {
        var targets = new HashSet<EventId> { root };
        IReadOnlyList<EventId> level = [root];
        var depth = 1;
        for (; recurse && depth < DepthMax && targets.Count < TargetsMax; depth++)
        {
            var children = await database.Rooms.Related.Children(read.View.RoomNid, level, TargetsMax - targets.Count);
            level = [.. children.Where(targets.Add)];
        }

        return (targets, depth);
    }

    /// <param name="from">The boundary to begin at: events up to this <c>room_seq</c> lie before it.</param>
    /// <param name="until">The boundary to stop at; <c>null</c>: as far as the reader reads.</param>
    public async ValueTask<Walked> Page(
        IReadOnlyCollection<EventId> targets, string? relType, string? eventType, long from, long? until, bool backwards, int limit)
    {
        var view = read.View;
        var found = new List<VisibleEvent>();
        var last = backwards ? until + 1 : Math.Min(until ?? view.UpToSeq, view.UpToSeq);
        var at = backwards ? Math.Min(from, view.UpToSeq) + 1 : from;
        for (var scanned = 0; scanned < ScanMax;)
        {
            var want = Math.Clamp(limit - found.Count + 1, BatchMin, BatchMax);
            var rows = await database.Rooms.Related.Page(view.RoomNid, targets, relType, eventType, at, backwards, want, last);
            for (var i = 0; i < rows.Count; i++)
            {
                at = rows[i].RoomSeq!.Value;
                if (await Shown(rows[i]) is { } visible)
                {
                    found.Add(visible);
                    if (found.Count == limit)
                    {
                        return new Walked(found, i < rows.Count - 1 || rows.Count == want ? Behind(at, backwards) : null);
                    }
                }
            }

            if (rows.Count < want)
            {
                return new Walked(found, null);
            }

            scanned += rows.Count;
        }

        return new Walked(found, Behind(at, backwards));
    }

    /// <summary>The boundary on the far side of an event.</summary>
    private static long Behind(long seq, bool backwards) => backwards ? seq - 1 : seq;

    private async ValueTask<VisibleEvent?> Shown(StoredEvent row) =>
        row.StateKey is null && ignored.Contains(UserId.Parse(row.Sender)) ? null : await read.Gate.Pass(row);
}
