using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>When something last happened in each of a user's rooms: the order of room lists. Kept up to date from the tail; loaded again when that moved on without us.</summary>
internal sealed class RoomActivity(Database database, Tail tail)
{
    private readonly Dictionary<long, long> _newest = [];
    private long _position = -1;

    /// <summary>Rooms of which something is to be seen, the most recently active first.</summary>
    public async ValueTask<List<UserRoom>> Ordered(UserRooms rooms, long upto)
    {
        if (_position < tail.Start)
        {
            _newest.Clear();
        }
        else if (_position < upto)
        {
            foreach (var nid in tail.Touched(rooms.All, _position, upto))
            {
                var entries = tail.RoomEntries(nid, _position, upto);
                if (entries.Count > 0 && _newest.ContainsKey(nid))
                {
                    _newest[nid] = entries[^1].Position;
                }
            }
        }

        var unknown = rooms.All.Values.Where(room => room.Membership == Membership.Join && !_newest.ContainsKey(room.RoomNid)).Select(room => room.RoomNid).ToList();
        foreach (var touch in await database.Rooms.Lists.Newest(unknown, upto))
        {
            _newest[touch.RoomNid] = touch.Position;
        }

        _position = Math.Max(_position, upto);
        var ordered = new List<(long Position, UserRoom Room)>(rooms.All.Count);
        foreach (var room in rooms.All.Values)
        {
            if (!room.Forgotten && room.Membership != Membership.None)
            {
                // Whoever is not in a room hears nothing of what happens there, not even by its place.
                ordered.Add((room.Membership == Membership.Join ? _newest.GetValueOrDefault(room.RoomNid, room.Position) : room.Position, room));
            }
        }

        ordered.Sort(static (a, b) => b.Position != a.Position ? b.Position.CompareTo(a.Position) : b.Room.RoomNid.CompareTo(a.Room.RoomNid));
        return ordered.ConvertAll(static entry => entry.Room);
    }
}
