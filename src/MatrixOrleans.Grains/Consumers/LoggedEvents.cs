using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Sync;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Consumers;

/// <summary>An event that a row of the log is about.</summary>
internal sealed record LoggedEvent(Pdu Pdu, PushFacts Facts, bool IsRedacted, bool IsRecent);

/// <summary>The shown events of rows of one room: from the tail where it reaches, else from storage.</summary>
internal sealed class LoggedEvents(Database database, Tail tail, RoomWindows windows)
{
    /// <summary>By their numbers; rows about other things, and events that are not shown, have none.</summary>
    public async ValueTask<IReadOnlyDictionary<long, LoggedEvent>> Of(long roomNid, IEnumerable<LogRow> rows)
    {
        var events = new Dictionary<long, LoggedEvent>();
        var missing = new List<long>();
        foreach (var row in rows)
        {
            if (row is not { Kind: LogKind.Event, EventNid: { } nid, RoomSeq: not null })
            {
                continue;
            }

            if (row.Position > tail.Start && tail.RoomEntries(roomNid, row.Position - 1, row.Position) is [(_, { Event: { } entry })])
            {
                events[nid] = new LoggedEvent(entry.Pdu, entry.Facts, entry.RedactedBecause is not null, IsRecent: true);
            }
            else
            {
                missing.Add(nid);
            }
        }

        if (missing.Count > 0)
        {
            var record = await database.Rooms.Find(roomNid) ?? throw new InvalidDataException($"There is no room {roomNid}");
            foreach (var stored in await database.Rooms.EventsByNids(roomNid, missing))
            {
                events[stored.Nid] = new LoggedEvent(
                    windows.Parse(roomNid, RoomVersions.Get(record.Version), stored), stored.Facts, stored.RedactedByNid is not null, IsRecent: false);
            }
        }

        return events;
    }
}
