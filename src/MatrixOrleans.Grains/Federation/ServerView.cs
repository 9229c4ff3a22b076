using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Rooms.Content;
using MatrixOrleans.Protocol.Visibility;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Federation;

/// <summary>
/// How another server stands to a room that a tenant of ours is in, and what of it that server may read: the events at which it had a user who could see them; of
/// all others the pruned form, which every server of the room needs.
/// </summary>
internal sealed class ServerView
{
    /// <summary>Users of the asking server whose membership at an event is looked at.</summary>
    private const int UsersMax = 1_000;

    private const int BatchCount = 500;

    private readonly Database _database;
    private readonly ServerAsker _asker;
    private readonly Dictionary<(long Root, StateKey Key), Pdu?> _states = [];
    private readonly Dictionary<long, bool> _sees = [];
    private List<UserId>? _users;

    private ServerView(Database database, ServerAsker asker, RoomRecord room, long currentState, bool isIn) =>
        (_database, _asker, Room, CurrentState, IsIn) = (database, asker, room, currentState, isIn);

    public RoomRecord Room { get; }

    public RoomVersion Version => RoomVersions.Get(Room.Version);

    public long CurrentState { get; }

    /// <summary>Whether the asking server has a joined user.</summary>
    public bool IsIn { get; }

    /// <summary>The room, for a server that its access control list lets in.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND, M_FORBIDDEN</exception>
    public static async ValueTask<ServerView> Open(Database database, RoomId id, ServerAsker asker)
    {
        if (await database.Rooms.Find(id) is not { CreateEventId: not null } room)
        {
            throw UnknownRoom();
        }

        var servers = await database.Rooms.Graph.JoinedServers(room.Nid);
        if (!servers.Contains(asker.Tenant))
        {
            throw UnknownRoom();
        }

        var head = await database.Rooms.LoadHead(room.Nid);
        var view = new ServerView(database, asker, room, head.CurrentState, servers.Contains(asker.Server));
        return ServerAcl.Of(await view.State(head.CurrentState, StateKey.ServerAcl)).Allows(asker.Server)
            ? view
            : throw new MatrixException(MatrixError.Forbidden, "The room's access control list denies the server");
    }

    /// <summary>The same for what only servers in the room may read.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND, M_FORBIDDEN</exception>
    public static async ValueTask<ServerView> OpenFromInside(Database database, RoomId id, ServerAsker asker)
    {
        var view = await Open(database, id, asker);
        return view.IsIn ? view : throw new MatrixException(MatrixError.Forbidden, "The server is not in the room");
    }

    /// <summary>An event of this room that has a place in it.</summary>
    /// <exception cref="MatrixException">M_NOT_FOUND</exception>
    public async ValueTask<StoredEvent> Placed(EventId id) =>
        await _database.Rooms.EventById(Room.Nid, id) is { Class: not (EventClass.Outlier or EventClass.Rejected) } stored && stored.StateAfter != 0
            ? stored
            : throw new MatrixException(MatrixError.NotFound, "Event not found");

    public Pdu Parse(StoredEvent stored) => PduReader.ReadStored(stored.Json, Version, EventId.Parse(stored.EventId));

    /// <summary>The event's bytes for the asking server: pruned where it was redacted, or where that server had nobody who could see it.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> Shown(StoredEvent stored)
    {
        var pdu = Parse(stored);
        return stored.RedactedByNid is null && (stored.StateKey is not null || await Sees(stored)) ? stored.Json : Redaction.Redact(pdu.Root, Version);
    }

    /// <summary>Events by number.</summary>
    public async ValueTask<List<StoredEvent>> Load(IReadOnlyCollection<long> nids)
    {
        var found = new List<StoredEvent>(nids.Count);
        foreach (var chunk in nids.Chunk(BatchCount))
        {
            found.AddRange(await _database.Rooms.EventsByNids(Room.Nid, chunk));
        }

        return found;
    }

    public async ValueTask<Pdu?> State(long root, StateKey key)
    {
        if (!_states.TryGetValue((root, key), out var pdu))
        {
            _states[(root, key)] = pdu = await _database.States.Get(Room.Nid, root, key) is { } nid
                ? Parse((await _database.Rooms.EventsByNids(Room.Nid, [nid])).Single())
                : null;
        }

        return pdu;
    }

    /// <summary>All events in the auth chains of some events, these themselves not unless others cite them.</summary>
    public async ValueTask<List<StoredEvent>> AuthChain(IReadOnlyCollection<StoredEvent> events)
    {
        var seen = new HashSet<EventId>();
        var chain = new List<StoredEvent>();
        var open = events.SelectMany(e => Parse(e).AuthEvents).Where(seen.Add).ToList();
        if (Version.RoomIdIsCreateHash && events.Count > 0 && seen.Add(Room.Id.CreateEvent()))
        {
            // No auth event since v12, and still what everything stands on.
            open.Add(Room.Id.CreateEvent());
        }

        while (open.Count > 0)
        {
            var next = new List<EventId>();
            foreach (var chunk in open.Chunk(BatchCount))
            {
                foreach (var stored in await _database.Rooms.EventsByIds(Room.Nid, chunk))
                {
                    chain.Add(stored);
                    next.AddRange(Parse(stored).AuthEvents.Where(seen.Add));
                }
            }

            open = next;
        }

        return chain;
    }

    /// <summary>Whether somebody of the asking server could see an event (Client-Server API, "Room History Visibility").</summary>
    private async ValueTask<bool> Sees(StoredEvent stored)
    {
        if (stored.StateBefore == 0)
        {
            return false;
        }

        if (_sees.TryGetValue(stored.StateBefore, out var known))
        {
            return known;
        }

        var visibility = HistoryVisibilityText.Of(await State(stored.StateBefore, StateKey.HistoryVisibility));
        var sees = visibility == HistoryVisibility.WorldReadable || (visibility == HistoryVisibility.Shared && IsIn);
        if (!sees)
        {
            foreach (var user in await Users())
            {
                var membership = MembershipText.Of(await State(stored.StateBefore, StateKey.Member(user)));
                if (membership == Membership.Join || (membership == Membership.Invite && visibility == HistoryVisibility.Invited))
                {
                    sees = true;
                    break;
                }
            }
        }

        return _sees[stored.StateBefore] = sees;
    }

    private async ValueTask<List<UserId>> Users() =>
        _users ??= [.. (await _database.Memberships.OfRoom(Room.Nid)).Select(row => row.UserId).Where(user => user.ServerName == _asker.Server).Take(UsersMax)];

    private static MatrixException UnknownRoom() => new(MatrixError.NotFound, "Unknown room");
}
