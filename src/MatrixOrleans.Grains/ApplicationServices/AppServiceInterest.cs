using BitFaster.Caching.Lru;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>
/// Whether an application service is interested in a room: by the room's id, by an alias, or because a user of its own is in it. Whose users are in a room
/// is remembered as long as every row of the room comes by here.
/// </summary>
internal sealed class AppServiceInterest(ApplicationService service, Database database)
{
    private const int RoomsMax = 10_000;

    private readonly ConcurrentLru<long, Room> _rooms = new(RoomsMax);

    /// <summary>The room after a row of the log about it.</summary>
    /// <param name="isChange">The row may change who is in it.</param>
    public async ValueTask<bool> Wants(LogRow row, RoomId roomId, bool isChange)
    {
        var (nid, version) = (row.RoomNid!.Value, row.Version ?? 0);
        if (isChange || !_rooms.TryGet(nid, out var room) || (room.Version != version && room.Version + 1 != version))
        {
            room = new Room(version, await HasUsers(nid));
            _rooms.AddOrUpdate(nid, room);
        }

        room.Version = version;
        return room.HasUsers || service.IsMine(roomId) || await HasAlias(roomId);
    }

    /// <summary>The same as the database has it now, for what is not in the room's own order.</summary>
    public async ValueTask<bool> WantsNow(long roomNid, RoomId roomId) =>
        service.IsMine(roomId) || (_rooms.TryGet(roomNid, out var room) ? room.HasUsers : await HasUsers(roomNid)) || await HasAlias(roomId);

    private async ValueTask<bool> HasUsers(long roomNid) =>
        (await database.Memberships.OfRoom(roomNid, Membership.Join)).Any(member => service.IsMine(member.UserId));

    private async ValueTask<bool> HasAlias(RoomId roomId) =>
        service.Aliases.Count > 0 && (await database.Aliases.OfRoom(roomId)).Any(row => service.IsMine(row.Alias));

    private sealed class Room(long version, bool hasUsers)
    {
        public long Version { get; set; } = version;

        public bool HasUsers { get; } = hasUsers;
    }
}
