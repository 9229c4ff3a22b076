using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync;

/// <summary>Whose devices a client must look at again, and whose it need not follow any more (Client-Server API, <c>device_lists</c>).</summary>
internal sealed record DeviceListMoves(IReadOnlyList<UserId> Changed, IReadOnlyList<UserId> Left)
{
    public static readonly DeviceListMoves None = new([], []);

    public bool IsEmpty => Changed.Count + Left.Count == 0;
}

/// <summary>
/// Device lists between two positions (DESIGN 5.4). Changed: who changed and shares a room now, or shares one now and did not before.
/// Left: the reverse. What memberships did beyond the second position may be told early, and is told again then.
/// </summary>
internal sealed class DeviceLists(UserId user, Database database, Tail tail)
{
    /// <summary>Changes of anybody's devices that are gone through; where there were more, those are asked for who share a room.</summary>
    private const int ChangesMax = 2_000;

    /// <param name="touched">Rooms of the user's in which something happened in between; nobody can have come or gone in others.</param>
    /// <param name="roomsNow">Rooms that the user is joined to.</param>
    /// <param name="roomsThen">Those at <paramref name="after"/>.</param>
    public async Task<DeviceListMoves> Between(IReadOnlyCollection<long> touched, IReadOnlySet<long> roomsNow, IReadOnlySet<long> roomsThen, long after, long upto)
    {
        var isInMemory = after >= tail.Start;
        var crossed = roomsNow.Except(roomsThen).Concat(roomsThen.Except(roomsNow)).ToList();
        var moved = (await database.DeviceLists.Joined(crossed)).Concat(await database.DeviceLists.Moved([.. touched.Where(nid => roomsNow.Contains(nid) || roomsThen.Contains(nid)).Union(crossed)], after)).ToHashSet();
        moved.Remove(user);
        var updated = isInMemory
            ? tail.DeviceLists(after, upto)
            : (await database.DeviceLists.Changed(after, upto, ChangesMax)
                ?? await database.DeviceLists.Changed([.. await database.DeviceLists.Joined(roomsNow), user], after, upto)).ToHashSet();

        var signed = isInMemory ? tail.Signed(user, after, upto) : (await database.DeviceLists.Signed(user, after, upto)).ToHashSet();
        var sharing = (await database.DeviceLists.Joined([.. moved.Union(updated)], roomsNow)).Select(row => row.User).ToHashSet();
        sharing.Add(user);
        var shared = await Shared(moved, roomsThen, after);
        return new DeviceListMoves(
            [.. updated.Where(sharing.Contains).Union(signed).Union(moved.Where(other => sharing.Contains(other) && !shared.Contains(other)))],
            [.. moved.Where(other => shared.Contains(other) && !sharing.Contains(other))]);
    }

    /// <summary>The same for all rooms of the user, whose memberships moved so since <paramref name="after"/>.</summary>
    /// <param name="touched">Rooms in which something happened in between; <c>null</c> when nobody looked.</param>
    public async ValueTask<DeviceListMoves> Since(UserRooms rooms, Dictionary<long, MembershipMove> moves, long after, long upto, IReadOnlyCollection<long>? touched = null)
    {
        var isUntouched = after >= tail.Start
            && !moves.Values.Any(move => (move.Before == Membership.Join) != (move.After == Membership.Join))
            && !tail.DeviceListsTouched(user, rooms.All, after, upto);
        if (isUntouched)
        {
            return DeviceListMoves.None;
        }

        var now = rooms.All.Values.Where(room => room.Membership == Membership.Join).Select(room => room.RoomNid).ToHashSet();
        var then = moves.Count == 0
            ? now
            : [.. now.Where(nid => !moves.ContainsKey(nid)), .. moves.Where(move => move.Value.Before == Membership.Join).Select(move => move.Key)];
        return await Between(touched ?? now.Union(then).ToList(), now, then, after, upto);
    }

    /// <summary>Which of the users shared one of the rooms at a position: what is now, with every change since undone.</summary>
    private async Task<HashSet<UserId>> Shared(IReadOnlyCollection<UserId> users, IReadOnlySet<long> rooms, long at)
    {
        var joined = (await database.DeviceLists.Joined(users, rooms)).ToHashSet();
        var undone = new HashSet<(UserId, long)>();
        foreach (var (other, room, before) in await database.DeviceLists.MovesAfter(users, at))
        {
            // The first change after the position tells what was then.
            if (rooms.Contains(room) && undone.Add((other, room)))
            {
                if (before == Membership.Join)
                {
                    joined.Add((other, room));
                }
                else
                {
                    joined.Remove((other, room));
                }
            }
        }

        return [.. joined.Select(row => row.User)];
    }
}
