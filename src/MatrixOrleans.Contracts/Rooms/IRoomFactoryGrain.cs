using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>Makes new rooms; a stateless worker, key 0.</summary>
[Alias("IRoomFactoryGrain")]
public interface IRoomFactoryGrain : IGrainWithIntegerKey
{
    /// <summary>Makes a room as <c>POST /createRoom</c> asks: its alias, its first events, its place in the room directory.</summary>
    /// <param name="request">The body, a JSON object, UTF-8.</param>
    /// <exception cref="Protocol.Errors.MatrixException">
    /// M_BAD_JSON, M_INVALID_PARAM, M_UNSUPPORTED_ROOM_VERSION, M_ROOM_IN_USE, M_INVALID_ROOM_STATE, M_INVITE_BLOCKED when nobody could be invited.
    /// </exception>
    [Alias("Create"), ResponseTimeout("00:06:00")]
    ValueTask<RoomId> Create(UserId creator, [Immutable] ReadOnlyMemory<byte> request);

    /// <summary>
    /// Replaces a room by a new one of another version (Client-Server API, "Room Upgrades"): state, bans, aliases and the place in the room
    /// directory move, the old room gets a tombstone and is left to its moderators.
    /// </summary>
    /// <param name="creators">Creators beside the user; of no effect in room versions before 12.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_UNSUPPORTED_ROOM_VERSION; M_NOT_FOUND; M_FORBIDDEN for those who may not send a tombstone.</exception>
    [Alias("Upgrade")]
    ValueTask<RoomId> Upgrade(RoomId room, UserId user, string version, [Immutable] IReadOnlyList<UserId> creators);
}
