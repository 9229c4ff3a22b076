using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Presence;

/// <summary>
/// The presence that a silo knows of, for its syncs: in memory only; versions are of one life of the process, as the tail's epoch names it. A user who joins a room is
/// shown anew to those who are in it.
/// </summary>
public sealed class PresenceBoard(Tail tail) : IPresenceListener, ICommitObserver
{
    /// <summary>Most users that are remembered; the one whose presence changed longest ago goes.</summary>
    private const int UsersMax = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<UserId, Entry> _users = [];
    private readonly SortedSet<(long Version, string User)> _changes = [];
    private long _version;

    /// <summary>Of the newest change.</summary>
    internal long Version
    {
        get
        {
            lock (_lock)
            {
                return _version;
            }
        }
    }

    public void PresenceChanged(PresenceView view, IReadOnlyList<long> rooms)
    {
        long[] sorted = [.. rooms.Order()];
        lock (_lock)
        {
            Put(view, sorted);
            if (_users.Count > UsersMax)
            {
                var (version, user) = _changes.Min;
                _changes.Remove((version, user));
                _users.Remove(UserId.Parse(user));
            }
        }

        tail.SignalRooms(sorted, view.User.Value);
    }

    public void Committed(CommittedBatch batch)
    {
        foreach (var (unit, _) in batch.Units)
        {
            if (unit.Room is not { } append || unit.Payload is not RoomCommit commit)
            {
                continue;
            }

            foreach (var delta in commit.Entries.SelectMany(entry => entry.Deltas).Where(delta => delta.Key.Type == EventTypes.Member))
            {
                if ((delta.OldMembership == Membership.Join) != (delta.NewMembership == Membership.Join))
                {
                    Moved(delta.Key.Key, append.RoomNid, delta.NewMembership == Membership.Join);
                }
            }
        }
    }

    /// <summary>Whose presence changed after a version, of those in the given rooms. The user's own counts.</summary>
    internal List<PresenceView> Since(long version, UserId viewer, Func<long, bool> isJoined)
    {
        lock (_lock)
        {
            if (version >= _version)
            {
                return [];
            }

            return [.. _changes.GetViewBetween((version + 1, ""), (long.MaxValue, ""))
                .Select(change => _users[UserId.Parse(change.User)])
                .Where(entry => entry.View.User == viewer || entry.Rooms.Any(isJoined))
                .Select(entry => entry.View)];
        }
    }

    /// <summary>Who is there in the given rooms.</summary>
    internal List<PresenceView> Present(UserId viewer, Func<long, bool> isJoined)
    {
        lock (_lock)
        {
            return [.. _users.Values
                .Where(entry => entry.View.Presence != PresenceState.Offline && (entry.View.User == viewer || entry.Rooms.Any(isJoined)))
                .Select(entry => entry.View)];
        }
    }

    private void Moved(string user, long roomNid, bool joined)
    {
        lock (_lock)
        {
            if (_users.Count == 0 || !UserId.TryParse(user, out var id) || !_users.TryGetValue(id, out var entry))
            {
                return;
            }

            var rooms = entry.Rooms.Where(nid => nid != roomNid);
            if (joined)
            {
                Put(entry.View, [.. rooms.Append(roomNid).Order()]);
            }
            else
            {
                _users[id] = entry with { Rooms = [.. rooms] };
            }
        }
    }

    private void Put(PresenceView view, long[] rooms)
    {
        if (_users.TryGetValue(view.User, out var before))
        {
            _changes.Remove((before.Version, view.User.Value));
        }

        var version = ++_version;
        _users[view.User] = new Entry(version, view, rooms);
        _changes.Add((version, view.User.Value));
    }

    private sealed record Entry(long Version, PresenceView View, long[] Rooms);
}
