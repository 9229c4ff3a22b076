using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Consumers;

/// <summary>The events of a batch of the log: from the tail when they are new, else from storage.</summary>
internal static class LogEvents
{
    /// <summary>The accepted events of some types, in the order of the log.</summary>
    public static async ValueTask<IReadOnlyList<(LogRow Row, Pdu Pdu)>> Of(Database database, Tail tail, IReadOnlyList<LogRow> rows, IReadOnlySet<string> types)
    {
        var found = new Dictionary<long, Pdu>();
        var missing = new List<LogRow>();
        foreach (var row in rows)
        {
            if (row is not { Kind: LogKind.Event, EventNid: { } nid, RoomSeq: not null, RoomNid: { } room })
            {
                continue;
            }

            if (row.Position > tail.Start && tail.RoomEntries(room, row.Position - 1, row.Position) is [(_, { Event: { } entry })])
            {
                if (types.Contains(entry.Pdu.Type))
                {
                    found[nid] = entry.Pdu;
                }

                continue;
            }

            missing.Add(row);
        }

        foreach (var inRoom in missing.GroupBy(row => row.RoomNid!.Value))
        {
            if (await database.Rooms.Find(inRoom.Key) is not { } room)
            {
                continue;
            }

            var version = RoomVersions.Get(room.Version);
            foreach (var stored in await database.Rooms.EventsByNids(inRoom.Key, [.. inRoom.Select(row => row.EventNid!.Value)]))
            {
                if (types.Contains(stored.Type))
                {
                    found[stored.Nid] = CurrentState.Shown(stored, version);
                }
            }
        }

        return [.. rows.Where(row => row.EventNid is { } nid && found.ContainsKey(nid)).Select(row => (row, found[row.EventNid!.Value]))];
    }
}
