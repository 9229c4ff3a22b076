using System.Text.Json;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Who joins a room that replaces another keeps the personal settings of that one (Client-Server API, "Room Upgrades").</summary>
internal static class Upgrades
{
    /// <summary>After a join; does nothing in a room that replaces none.</summary>
    public static async ValueTask Follow(Database database, IGrainFactory grains, RoomId room, UserId user)
    {
        if (await Replaced(database, room) is not { } old || await database.Rooms.Find(old) is not { } known
            || await database.Memberships.Get(known.Nid, user) is null)
        {
            return;
        }

        // Both rooms have to say so: whoever makes a room can name any as its predecessor.
        if (await CurrentState.Load(database, known) is { } state && await state.Content(StateKey.Tombstone) is { } tombstone
            && tombstone.TryGetProperty("replacement_room", out var replacement) && replacement.ValueKind == JsonValueKind.String && replacement.ValueEquals(room.Value))
        {
            await grains.GetGrain<IUserGrain>(user.Value).FollowUpgrade(old, room);
        }
    }

    private static async ValueTask<RoomId?> Replaced(Database database, RoomId room) =>
        await CurrentState.Load(database, room) is { } state && await state.Content(StateKey.Create) is { } create
        && create.TryGetProperty("predecessor", out var predecessor) && predecessor.ValueKind == JsonValueKind.Object
        && predecessor.TryGetProperty("room_id", out var id) && id.ValueKind == JsonValueKind.String && RoomId.TryParse(id.GetString(), out var old)
            ? old
            : null;
}
