using System.Text.Json;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Directory;

/// <summary>A room's committed current state, read from storage.</summary>
internal sealed class CurrentState
{
    /// <summary>Events that one query looks at.</summary>
    private const int ChunkCount = 5_000;

    private readonly Database _database;

    private CurrentState(Database database, RoomRecord room, long root, int joinedCount)
    {
        _database = database;
        Room = room;
        Root = root;
        JoinedCount = joinedCount;
    }

    public RoomRecord Room { get; }

    /// <summary>Root of the state; equal roots of one room are equal states.</summary>
    public long Root { get; }

    public int JoinedCount { get; }

    /// <returns><c>null</c> when there is no such room here.</returns>
    public static async ValueTask<CurrentState?> Load(Database database, RoomId id) =>
        await database.Rooms.Find(id) is { } room ? await Load(database, room) : null;

    public static async ValueTask<CurrentState?> Load(Database database, RoomRecord room)
    {
        var head = await database.Rooms.LoadHead(room.Nid);
        return head.Version > 0 ? new CurrentState(database, room, head.CurrentState, head.JoinedCount) : null;
    }

    /// <summary>The state events of some keys, those that there are.</summary>
    public async ValueTask<IReadOnlyDictionary<StateKey, Pdu>> Events(IEnumerable<StateKey> keys)
    {
        var nids = new List<long>();
        foreach (var key in keys)
        {
            if (await _database.States.Get(Room.Nid, Root, key) is { } nid)
            {
                nids.Add(nid);
            }
        }

        var version = RoomVersions.Get(Room.Version);
        var events = await _database.Rooms.EventsByNids(Room.Nid, nids);
        return events.ToDictionary(stored => new StateKey(stored.Type, stored.StateKey!), stored => Shown(stored, version));
    }

    /// <summary>All state events of a type.</summary>
    public async ValueTask<IReadOnlyList<Pdu>> OfType(string type)
    {
        var version = RoomVersions.Get(Room.Version);
        var found = new List<Pdu>();
        foreach (var chunk in (await _database.States.All(Room.Nid, Root)).Chunk(ChunkCount))
        {
            found.AddRange((await _database.Rooms.EventsOfType(Room.Nid, chunk, type)).Select(stored => Shown(stored, version)));
        }

        return found;
    }

    /// <summary>Pruned once it was redacted, like everywhere else.</summary>
    public static Pdu Shown(StoredEvent stored, RoomVersion version)
    {
        var pdu = PduReader.ReadStored(stored.Json, version, EventId.Parse(stored.EventId));
        return stored.RedactedByNid is null ? pdu : PduReader.ReadStored(Redaction.Redact(pdu.Root, version), version, pdu.EventId);
    }

    public async ValueTask<JsonElement?> Content(StateKey key) => (await Events([key])).TryGetValue(key, out var pdu) ? pdu.Content : null;

    public async ValueTask<bool> IsJoined(UserId user) => (await _database.Memberships.Get(Room.Nid, user))?.Membership == Membership.Join;

    /// <summary>Whether a user may change which alias is the room's canonical one: the measure of who looks after a room's place in the directory.</summary>
    public async ValueTask<bool> MayChangeAliases(UserId user)
    {
        if (!await IsJoined(user))
        {
            return false;
        }

        var events = await Events([StateKey.Create, StateKey.PowerLevels]);
        var levels = PowerLevels.Of(events.GetValueOrDefault(StateKey.Create), events.GetValueOrDefault(StateKey.PowerLevels));
        return levels.UserLevel(user) >= levels.RequiredFor(EventTypes.CanonicalAlias, isState: true);
    }
}
