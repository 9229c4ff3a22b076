using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Directory;
using MatrixOrleans.Protocol.Search;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Directory;

/// <summary>
/// Keeps the user directory: names of local users follow their profiles, those of others their newest join, and which rooms are open to all follows
/// their rules.
/// </summary>
public sealed class UserDirectoryConsumer(Database database, Tail tail, TenantKeys keys) : ILogConsumer
{
    /// <summary>Words by which one user is found.</summary>
    private const int WordsMax = 20;

    private static readonly HashSet<string> Types = [EventTypes.Member, EventTypes.JoinRules, EventTypes.HistoryVisibility];

    public string Name => "user-directory";

    public ConsumerStart Start => ConsumerStart.Beginning;

    public IReadOnlySet<LogKind> Kinds { get; } = new HashSet<LogKind> { LogKind.Event, LogKind.Profile };

    public async ValueTask<ConsumerEffects> Handle(ConsumerBatch batch, CancellationToken cancel)
    {
        var users = new Dictionary<UserId, DirectoryUser>();
        foreach (var row in batch.Rows.Where(row => row.Kind == LogKind.Profile))
        {
            await Local(users, UserId.Parse(row.UserId!));
        }

        var joined = new HashSet<(long Room, ServerName Tenant)>();
        var rules = new Dictionary<long, RoomId>();
        foreach (var (row, pdu) in await LogEvents.Of(database, tail, batch.Rows, Types))
        {
            if (pdu.Type != EventTypes.Member)
            {
                rules[row.RoomNid!.Value] = pdu.RoomId;
            }
            else if (MembershipText.Of(pdu) == Membership.Join && UserId.TryParse(pdu.StateKey, out var user))
            {
                if (!keys.IsTenant(user.ServerName))
                {
                    users[user] = Entry(user, pdu.ContentString("displayname"), pdu.ContentString("avatar_url"));
                    continue;
                }

                joined.Add((row.RoomNid!.Value, user.ServerName));
                await Local(users, user);
            }
        }

        var open = new List<(long Room, bool Open, IReadOnlyCollection<ServerName> Tenants)>();
        foreach (var (nid, id) in rules)
        {
            open.Add(await Rules(nid, id));
        }

        return users.Count == 0 && joined.Count == 0 && open.Count == 0 ? ConsumerEffects.None : ConsumerEffects.Of(async (session, _) =>
        {
            foreach (var entry in users.Values)
            {
                await UserDirectoryStore.Set(session, entry);
            }

            foreach (var (room, isOpen, tenants) in open)
            {
                await UserDirectoryStore.SetOpen(session, room, isOpen, tenants);
            }

            foreach (var (room, tenant) in joined)
            {
                await UserDirectoryStore.Joined(session, room, tenant);
            }
        });
    }

    private async ValueTask Local(Dictionary<UserId, DirectoryUser> users, UserId user)
    {
        if (!users.ContainsKey(user))
        {
            var profile = await MemberProfiles.Of(database, user);
            users[user] = Entry(user, profile.DisplayName, profile.AvatarUrl);
        }
    }

    private async ValueTask<(long Room, bool Open, IReadOnlyCollection<ServerName> Tenants)> Rules(long nid, RoomId id)
    {
        if (await CurrentState.Load(database, id) is not { } state)
        {
            return (nid, false, []);
        }

        var events = await state.Events([StateKey.JoinRules, StateKey.HistoryVisibility]);
        var room = PublishedRoom.Of(id, 0, key => events.TryGetValue(key, out var pdu) ? pdu.Content : null);
        if (room.JoinRule != "public" && !room.WorldReadable)
        {
            return (nid, false, []);
        }

        var members = await database.Memberships.OfRoom(nid, Membership.Join);
        return (nid, true, members.Select(member => member.UserId.ServerName).Where(keys.IsTenant).ToHashSet());
    }

    private static DirectoryUser Entry(UserId user, string? name, string? avatar) =>
        new(user, name, avatar, [.. SearchWords.Of(user.Localpart, WordsMax), .. SearchWords.Of(name ?? "", WordsMax)]);
}
