using BitFaster.Caching.Lru;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Push;

namespace MatrixOrleans.Grains.Push;

/// <summary>
/// Who is to be thought of when something happens in a room: its members who have pushers, and their rules. What is remembered of a room holds as long as
/// every row of the room came by here; what is remembered at all, until any pusher changes.
/// </summary>
internal sealed class PushRecipients(Database database)
{
    private const int RoomsMax = 10_000;
    private const int UsersMax = 50_000;

    private ConcurrentLru<long, Room> _rooms = new(RoomsMax);
    private readonly ConcurrentLru<UserId, Wishes> _wishes = new(UsersMax);
    private long _version = -1;
    private bool _any;

    /// <summary>Drops what is outdated. False: nobody has a pusher.</summary>
    public async ValueTask<bool> Refresh()
    {
        var version = await database.Pushers.Version();
        if (version != _version)
        {
            _rooms = new ConcurrentLru<long, Room>(RoomsMax);
            _any = await database.Pushers.Any();
            _version = version;
        }

        return _any;
    }

    /// <summary>Members of a room who have pushers.</summary>
    /// <param name="row">A row of the room; rows come in their order.</param>
    /// <param name="isChange">The row may change who is a member, and what members are called.</param>
    public async ValueTask<IReadOnlyList<PushMember>> Of(LogRow row, bool isChange)
    {
        var (nid, version) = (row.RoomNid!.Value, row.Version ?? 0);
        if (isChange || !_rooms.TryGet(nid, out var room) || (room.Version != version && room.Version + 1 != version))
        {
            room = new Room(version, await database.Pushers.InRoom(nid));
            _rooms.AddOrUpdate(nid, room);
        }

        room.Version = version;
        return room.Members;
    }

    /// <summary>The rules and ignored users of some users, as they are now.</summary>
    public async ValueTask<IReadOnlyDictionary<UserId, Wishes>> WishesOf(IReadOnlyCollection<UserId> users)
    {
        var found = users.ToDictionary(user => user, _ => Wishes.Default);
        foreach (var (user, row) in await database.AccountData.Global(users, AccountDataTypes.PushRules, IgnoredUsers.Type))
        {
            var known = _wishes.TryGet(user, out var cached) ? cached : Wishes.Default;
            var isRules = row.Type == AccountDataTypes.PushRules;
            if (isRules && known.RulesPosition != row.Position)
            {
                known = known with { Rules = PushRuleReader.ReadStored(row.Json!.Value.Span), RulesPosition = row.Position };
            }
            else if (!isRules && known.IgnoredPosition != row.Position)
            {
                known = known with { Ignored = IgnoredUsers.Parse(row.Json, user), IgnoredPosition = row.Position };
            }

            _wishes.AddOrUpdate(user, known);
            found[user] = isRules
                ? found[user] with { Rules = known.Rules, RulesPosition = known.RulesPosition }
                : found[user] with { Ignored = known.Ignored, IgnoredPosition = known.IgnoredPosition };
        }

        return found;
    }

    private sealed class Room(long version, IReadOnlyList<PushMember> members)
    {
        public long Version { get; set; } = version;

        public IReadOnlyList<PushMember> Members { get; } = members;
    }
}

/// <summary>What a user wants to hear of.</summary>
internal sealed record Wishes(PushRuleSet Rules, IReadOnlySet<UserId> Ignored, long RulesPosition, long IgnoredPosition)
{
    public static readonly Wishes Default = new(PushRuleSet.Default, new HashSet<UserId>(), 0, 0);
}
