using System.Collections.Immutable;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>
/// What a room's grain holds in memory: the newest head, committed or not, and those state events that were asked for. It may be ahead of the
/// log; when the log refuses what was built on it, all of it is thrown away.
/// </summary>
internal sealed class RoomMemory(RoomId id, Database database, EventCache cache)
{
    /// <summary>Rounds of "something was missing, load it, look again" before giving up; each round loads all that is then missing.</summary>
    public const int RoundsMax = 50;

    private Pdu? _levelsOf;
    private PowerLevels? _levels;

    public RoomId Id => id;

    /// <summary><c>null</c> while the room does not exist.</summary>
    public RoomRecord? Room { get; private set; }

    /// <summary>The room's number.</summary>
    public long Nid => Room!.Nid;

    public RoomVersion Version { get; private set; } = RoomVersions.Default;

    public RoomHead Head { get; set; } = RoomHead.Empty;

    public KnownState State { get; } = new();

    /// <summary>Power levels of the current state; create event and power levels must be at hand.</summary>
    public PowerLevels Levels
    {
        get
        {
            var current = State.Event(StateKey.PowerLevels);
            if (_levels is null || !ReferenceEquals(current, _levelsOf))
            {
                _levels = PowerLevels.Of(State.Event(StateKey.Create), current);
                _levelsOf = current;
            }

            return _levels;
        }
    }

    /// <summary>Reads the room as it is committed.</summary>
    /// <returns>Position in the log of its newest entry; <c>null</c> when there is no such room or nothing in it.</returns>
    public async Task<long?> Load()
    {
        if (await database.Rooms.Find(id) is not { } room)
        {
            return null;
        }

        Begin(room);
        var head = await database.Rooms.LoadHead(room.Nid);
        var extremities = ImmutableArray.CreateBuilder<Extremity>();
        foreach (var stored in await database.Rooms.EventsByNids(room.Nid, head.Extremities))
        {
            extremities.Add(Extremity(stored.Nid, PduReader.ReadStored(stored.Json, Version, EventId.Parse(stored.EventId)), stored.StateAfter));
        }

        Head = new RoomHead(head.Version, head.LastRoomSeq, head.CurrentState, extremities.ToImmutable(), head.JoinedCount, head.InvitedCount)
        {
            FirstRoomSeq = head.FirstRoomSeq,
        };
        return head.Version > 0 ? head.LastPosition : null;
    }

    /// <summary>Takes up a room that is loaded, or being made.</summary>
    public void Begin(RoomRecord room)
    {
        Room = room;
        Version = RoomVersions.Get(room.Version);
    }

    public Extremity Extremity(long nid, Pdu pdu, long stateAfter) => new(nid, pdu.EventId, pdu.Depth, Hash(pdu), stateAfter);

    /// <summary>The reference hash, where the room version wants it beside event ids.</summary>
    public byte[]? Hash(Pdu pdu) => Version.EventIds == EventIdFormat.Chosen ? EventBuilder.ReferenceHash(pdu) : null;

    /// <summary>Takes what an event made of the room, before it is committed.</summary>
    public void Take(Built built)
    {
        Head = built.Head!;
        cache.Add(Nid, built.Nid, built.Pdu!);
        if (built.Pdu!.Key is { } key)
        {
            State.Changed(key, new StateEntry(built.Nid, built.Pdu));
        }
    }

    public async Task LoadState(IEnumerable<StateKey> keys)
    {
        var epoch = State.Epoch;
        var root = Head.CurrentState;
        foreach (var key in keys.Where(key => !State.Has(key)).Distinct().ToList())
        {
            var nid = await database.States.Get(Nid, root, key);
            var entry = nid is { } number ? new StateEntry(number, await EventOf(number)) : null;
            State.Loaded(key, entry, epoch);
        }
    }

    /// <summary>The current state event of a key, loaded when it is not at hand.</summary>
    public async ValueTask<Pdu?> Current(StateKey key)
    {
        for (var round = 0; round < RoundsMax && !State.Has(key); round++)
        {
            await LoadState([key]);
        }

        return State.Event(key);
    }

    private async ValueTask<Pdu> EventOf(long nid)
    {
        if (cache.TryGet(Nid, nid) is { } cached)
        {
            return cached;
        }

        var stored = (await database.Rooms.EventsByNids(Nid, [nid])).SingleOrDefault()
            ?? throw new InvalidDataException($"Event {nid} of {id} is in the state but not in storage");
        var pdu = PduReader.ReadStored(stored.Json, Version, EventId.Parse(stored.EventId));
        cache.Add(Nid, nid, pdu);
        return pdu;
    }
}
