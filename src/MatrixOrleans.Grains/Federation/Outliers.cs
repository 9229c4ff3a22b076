using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.State;

namespace MatrixOrleans.Grains.Federation;

/// <summary>What became of events that were given as state or auth chain.</summary>
/// <param name="Kept">Those that their auth events allow, with their numbers.</param>
/// <param name="Rejected">Those that are not allowed, with the reason.</param>
internal sealed record KeptOutliers(IReadOnlyDictionary<EventId, long> Kept, IReadOnlyList<(Pdu Pdu, string Reason)> Rejected);

/// <summary>
/// Keeps events that have no place in the room yet: states and auth chains that other servers gave. Each must be allowed by its own auth events; those in
/// turn are known, or come with it.
/// </summary>
internal sealed class Outliers(Database database, long roomNid, RoomId room)
{
    private const int BatchCount = 500;

    /// <param name="events">Checked for format, hash and signatures.</param>
    public async Task<KeptOutliers> Keep(IReadOnlyCollection<Pdu> events)
    {
        var known = new Dictionary<EventId, (Pdu Pdu, bool Rejected)>();
        var numbers = new Dictionary<EventId, long>();
        var sorted = EventOrder.ByAuthEvents(events);
        await Load([.. sorted.Select(pdu => pdu.EventId), .. sorted.SelectMany(pdu => pdu.AuthEvents)], sorted.Count > 0 ? sorted[0].Version : null, known, numbers);
        var rejected = new List<(Pdu, string)>();
        var fresh = new List<EventRecord>();
        foreach (var pdu in sorted)
        {
            if (known.ContainsKey(pdu.EventId))
            {
                continue;
            }

            var verdict = Check(pdu, known);
            known[pdu.EventId] = (pdu, !verdict.Allowed);
            if (verdict.Allowed)
            {
                await database.Numbers.EnsureAsync(1);
                fresh.Add(new EventRecord(
                    database.Numbers.NextEventNid(), pdu.EventId, pdu.Type, pdu.StateKey, pdu.Sender, pdu.OriginServerTs, pdu.Depth, pdu.Json, pdu.PrevEvents, pdu.AuthEvents));
            }
            else
            {
                rejected.Add((pdu, verdict.Reason));
            }
        }

        foreach (var chunk in fresh.Chunk(BatchCount))
        {
            foreach (var (id, nid) in await database.Rooms.AddOutliers(roomNid, chunk))
            {
                numbers[id] = nid;
            }
        }

        return new KeptOutliers(numbers, rejected);
    }

    /// <summary>Makes a state of events that are kept; its nodes are stored.</summary>
    /// <returns>The state's root.</returns>
    public async Task<long> State(IReadOnlyCollection<(StateKey Key, long Nid)> events)
    {
        var nodes = new List<StateNode>();
        var changes = events.Select(e => (e.Key, (long?)e.Nid)).ToArray();
        long root;
        while (!database.States.TryApply(roomNid, 0, changes, nodes, out root))
        {
            await database.States.LoadPath(roomNid, 0, [.. changes.Select(c => c.Key)]);
        }

        await database.Rooms.AddStateNodes(roomNid, nodes);
        return root;
    }

    /// <summary>The state of a root with one more event.</summary>
    public async Task<long> StateAfter(long root, StateKey key, long nid)
    {
        var nodes = new List<StateNode>();
        long after;
        while (!database.States.TryApply(roomNid, root, [(key, nid)], nodes, out after))
        {
            await database.States.LoadPath(roomNid, root, [key]);
        }

        await database.Rooms.AddStateNodes(roomNid, nodes);
        return after;
    }

    private Verdict Check(Pdu pdu, Dictionary<EventId, (Pdu Pdu, bool Rejected)> known)
    {
        var authEvents = new List<Pdu>(pdu.AuthEvents.Length);
        foreach (var id in pdu.AuthEvents)
        {
            if (known.TryGetValue(id, out var cited))
            {
                authEvents.Add(cited.Pdu);
            }
        }

        var create = pdu.Version.RoomIdIsCreateHash && known.TryGetValue(room.CreateEvent(), out var made) ? made.Pdu : null;
        return AuthRules.CheckAgainstAuthEvents(pdu, authEvents, create, cited => known[cited.EventId].Rejected, AuthContext.SignaturesChecked);
    }

    private async Task Load(IReadOnlyList<EventId> ids, RoomVersion? version, Dictionary<EventId, (Pdu, bool)> known, Dictionary<EventId, long> numbers)
    {
        if (version is null)
        {
            return;
        }

        var wanted = ids.ToHashSet();
        if (version.RoomIdIsCreateHash)
        {
            wanted.Add(room.CreateEvent());
        }

        foreach (var chunk in wanted.Chunk(BatchCount))
        {
            foreach (var stored in await database.Rooms.EventsByIds(roomNid, chunk))
            {
                var id = EventId.Parse(stored.EventId);
                known[id] = (PduReader.ReadStored(stored.Json, version, id), stored.Class == EventClass.Rejected);
                if (stored.Class != EventClass.Rejected)
                {
                    numbers[id] = stored.Nid;
                }
            }
        }
    }
}
