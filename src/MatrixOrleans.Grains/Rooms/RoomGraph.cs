using System.Collections.Concurrent;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.StateResolution;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>
/// The events of a room with how they stand, from memory and storage. What is placed but not committed yet is known here alone. The synchronous
/// look-ups are for state resolution, which runs on a thread of its own.
/// </summary>
internal sealed class RoomGraph(RoomMemory room, Database database, EventCache cache) : IEventLookup
{
    /// <summary>Events that are remembered; beyond it all that are committed are forgotten.</summary>
    private const int EventsMax = 20_000;

    private const int BatchCount = 500;

    private readonly ConcurrentDictionary<EventId, Place> _byId = new();
    private readonly ConcurrentDictionary<long, Place> _byNid = new();

    /// <summary>The event that is being judged: part of the states that are merged, and nowhere else yet.</summary>
    public Place? Considered { get; set; }

    public void Add(Place place)
    {
        _byId[place.Pdu.EventId] = place;
        _byNid[place.Nid] = place;
    }

    /// <summary>Makes room; only while everything that was added is committed.</summary>
    public void Trim()
    {
        if (_byId.Count > EventsMax)
        {
            _byId.Clear();
            _byNid.Clear();
        }
    }

    /// <summary>The events that are known, outliers too.</summary>
    public async ValueTask<Dictionary<EventId, Place>> Load(IReadOnlyCollection<EventId> ids)
    {
        var found = new Dictionary<EventId, Place>(ids.Count);
        List<EventId>? missing = null;
        foreach (var id in ids)
        {
            if (Known(id) is { } place)
            {
                found[id] = place;
            }
            else
            {
                (missing ??= []).Add(id);
            }
        }

        foreach (var chunk in missing?.Chunk(BatchCount) ?? [])
        {
            foreach (var stored in await database.Rooms.EventsByIds(room.Nid, chunk))
            {
                var place = Take(stored);
                found[place.Pdu.EventId] = place;
            }
        }

        return found;
    }

    /// <summary>Events by number; all are there.</summary>
    public async ValueTask<Dictionary<long, Place>> Load(IReadOnlyCollection<long> nids)
    {
        var found = new Dictionary<long, Place>(nids.Count);
        List<long>? missing = null;
        foreach (var nid in nids)
        {
            if ((Considered?.Nid == nid ? Considered : _byNid.GetValueOrDefault(nid)) is { } place)
            {
                found[nid] = place;
            }
            else
            {
                (missing ??= []).Add(nid);
            }
        }

        foreach (var chunk in missing?.Chunk(BatchCount) ?? [])
        {
            foreach (var stored in await database.Rooms.EventsByNids(room.Nid, chunk))
            {
                found[stored.Nid] = Take(stored);
            }
        }

        return found;
    }

    public Pdu? Find(EventId id) => FindPlace(id)?.Pdu;

    public bool IsRejected(EventId id) => FindPlace(id) is { Class: EventClass.Rejected };

    /// <summary>The state events that have the event among their auth events.</summary>
    public IEnumerable<EventId> Citing(EventId id)
    {
        var stored = database.Rooms.Graph.Citing(room.Nid, id).GetAwaiter().GetResult();
        return Considered is { Pdu: { IsState: true } pdu } && pdu.AuthEvents.Contains(id) ? stored.Append(pdu.EventId) : stored;
    }

    private Place? Known(EventId id) => Considered?.Pdu.EventId == id ? Considered : _byId.GetValueOrDefault(id);

    private Place? FindPlace(EventId id)
    {
        if (Known(id) is { } place)
        {
            return place;
        }

        return database.Rooms.EventById(room.Nid, id).GetAwaiter().GetResult() is { } stored ? Take(stored) : null;
    }

    private Place Take(StoredEvent stored)
    {
        if (_byNid.TryGetValue(stored.Nid, out var known))
        {
            return known;
        }

        var pdu = cache.TryGet(room.Nid, stored.Nid);
        if (pdu is null)
        {
            pdu = PduReader.ReadStored(stored.Json, room.Version, EventId.Parse(stored.EventId));
            cache.Add(room.Nid, stored.Nid, pdu);
        }

        var place = new Place(stored.Nid, pdu, stored.Class, stored.StateBefore, stored.StateAfter, stored.RoomSeq);
        if (place.Class != EventClass.Outlier)
        {
            // How an outlier stands may still change.
            Add(place);
        }

        return place;
    }
}
