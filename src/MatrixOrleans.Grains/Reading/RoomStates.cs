using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Reading;

/// <summary>Events and states of one room for the time of one request, each looked up once.</summary>
internal sealed class RoomStates(Database database, EventCache cache)
{
    private readonly Dictionary<(long Root, StateKey Key), Pdu?> _known = [];
    private long _roomNid;
    private RoomVersion _version = RoomVersions.Default;

    public void Open(RoomView view)
    {
        _roomNid = view.RoomNid;
        _version = view.Version;
    }

    /// <summary>The event that sets a key of a state; <c>null</c> when none does, or when there is no state (root 0).</summary>
    public async ValueTask<Pdu?> Event(long root, StateKey key)
    {
        if (_known.TryGetValue((root, key), out var known))
        {
            return known;
        }

        var nid = await database.States.Get(_roomNid, root, key);
        return _known[(root, key)] = nid is { } number ? await Body(number) : null;
    }

    /// <summary>The event as it was sent, from storage's bytes.</summary>
    public Pdu Original(StoredEvent stored)
    {
        if (cache.TryGet(_roomNid, stored.Nid) is { } cached)
        {
            return cached;
        }

        var pdu = PduReader.ReadStored(stored.Json, _version, EventId.Parse(stored.EventId));
        cache.Add(_roomNid, stored.Nid, pdu);
        return pdu;
    }

    /// <summary>The event as it is to be shown: pruned once it was redacted.</summary>
    public Pdu Shown(StoredEvent stored)
    {
        return stored.RedactedByNid is null ? Original(stored) : Pruned(stored);
    }

    public Pdu Pruned(StoredEvent stored)
    {
        var pdu = Original(stored);
        return PduReader.ReadStored(Redaction.Redact(pdu.Root, _version), _version, pdu.EventId);
    }

    /// <summary>Stored events by number; those that storage has not are missing.</summary>
    public async ValueTask<Dictionary<long, StoredEvent>> ByNids(IReadOnlyCollection<long> nids) =>
        nids.Count == 0 ? [] : (await database.Rooms.EventsByNids(_roomNid, nids)).ToDictionary(e => e.Nid);

    private async ValueTask<Pdu> Body(long nid)
    {
        if (cache.TryGet(_roomNid, nid) is { } cached)
        {
            return cached;
        }

        var stored = (await database.Rooms.EventsByNids(_roomNid, [nid])).SingleOrDefault()
            ?? throw new InvalidDataException($"Event {nid} of room {_roomNid} is in a state but not in storage");
        return Original(stored);
    }
}
