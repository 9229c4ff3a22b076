using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>
/// Rooms with at least a hundred members each: a hundred people are in all of them, and each person with a live client is in a few besides and
/// in the hot room.
/// </summary>
internal sealed class Community
{
    public const int MemberCount = 100;
    public const int LiveCount = 50;
    public const int SenderCount = 64;

    /// <summary>In how many of the rooms a live client is.</summary>
    private const int RoomsOfLive = 2;

    private Community(User[] members, User[] live, string[] rooms, string hotRoom)
    {
        Members = members;
        Live = live;
        Rooms = rooms;
        HotRoom = hotRoom;
    }

    /// <summary>In every room.</summary>
    public IReadOnlyList<User> Members { get; }

    /// <summary>Have live clients.</summary>
    public IReadOnlyList<User> Live { get; }

    public IReadOnlyList<string> Rooms { get; }

    public string HotRoom { get; }

    public static async Task<Community> Create(Setup setup, int roomCount)
    {
        var members = await setup.Users("member", MemberCount);
        var live = await setup.Users("live", LiveCount);
        var rooms = await setup.Rooms(members[0], "Room", roomCount, members[1], members[2], members[3]);
        var hotRoom = await setup.Room(members[0], "Hot room", members[1], members[2], members[3]);
        IEnumerable<string> all = [.. rooms, hotRoom];
        var joins = members.Skip(1).SelectMany(member => all.Select(room => (member, room)))
            .Concat(live.SelectMany((user, i) => Enumerable.Range(0, Math.Min(RoomsOfLive, roomCount)).Select(j => (user, rooms[((i * RoomsOfLive) + j) % roomCount]))))
            .Concat(live.Select(user => (user, hotRoom)));
        await setup.Join(joins);
        return new Community(members, live, rooms, hotRoom);
    }

    /// <summary>Different people, each with a connection.</summary>
    public Sender[] Senders(HomeserverProcess server, MessageNumbers numbers, int count = SenderCount) =>
        [.. Members.Take(count).Select(user => new Sender(server, user, numbers))];
}
