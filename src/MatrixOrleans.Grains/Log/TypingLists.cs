using System.Security.Cryptography;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Log;

/// <summary>
/// Who types where, as a silo last heard. A sync token carries the version up to which its client was told, and 0 when no list that the client has names
/// anybody: then nothing needs to be ended, whatever happens to this process. Not safe for threads by itself.
/// </summary>
internal sealed class TypingLists
{
    private readonly Dictionary<RoomId, (long Version, IReadOnlyList<UserId> Users)> _lists = [];
    private readonly HashSet<RoomId> _rooms = [];

    /// <summary>Names this life of the lists: versions of another life mean nothing.</summary>
    public uint Epoch { get; } = (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>Of the newest change anywhere.</summary>
    public long Version { get; private set; }

    /// <summary>Rooms in which somebody types.</summary>
    public IReadOnlyCollection<RoomId> Rooms => _rooms;

    public void Set(RoomId room, IReadOnlyList<UserId> users)
    {
        _lists[room] = (++Version, users);
        if (users.Count > 0)
        {
            _rooms.Add(room);
        }
        else
        {
            _rooms.Remove(room);
        }
    }

    /// <summary>The room's list when it changed after the version; <c>null</c> when it did not. After 0, an empty list is no change.</summary>
    public IReadOnlyList<UserId>? Since(RoomId room, long version) =>
        _lists.TryGetValue(room, out var list) && list.Version > version && (version > 0 || list.Users.Count > 0) ? list.Users : null;

    /// <summary>Rooms whose list changed after the version; after 0, those with somebody in it.</summary>
    public List<RoomId> RoomsSince(long version) =>
        Version <= version ? [] : version == 0 ? [.. _rooms] : [.. _lists.Where(room => room.Value.Version > version).Select(room => room.Key)];
}
