using BitFaster.Caching.Lru;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Federation;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>Tells other servers in a room who of ours is typing: when it begins, when it ends, and now and then while it goes on, for they let it end by themselves.</summary>
public sealed class TypingTeller(RoomServers rooms, TenantKeys tenants, IFederationPolicies policies, IGrainFactory grains, TimeProvider time)
{
    private const int UsersMax = 10_000;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(20);

    private readonly ConcurrentLru<(long RoomNid, UserId User), long> _told = new(UsersMax);

    public async ValueTask Tell(long roomNid, RoomId room, UserId user, bool isTyping, bool changed)
    {
        if (!tenants.IsTenant(user.ServerName) || !(changed || (isTyping && !WasTold(roomNid, user))))
        {
            return;
        }

        var others = await rooms.Others(roomNid);
        if (others.Count == 0)
        {
            return;
        }

        _told.AddOrUpdate((roomNid, user), time.GetTimestamp());
        var edu = Edus.Typing(room, user, isTyping);
        foreach (var server in others.Where(server => policies.Of(user.ServerName).Permits(server)))
        {
            await grains.GetGrain<IDestinationGrain>(IDestinationGrain.Key(user.ServerName, server)).Tell($"typing|{room}|{user}", edu);
        }
    }

    private bool WasTold(long roomNid, UserId user) => _told.TryGet((roomNid, user), out var at) && time.GetElapsedTime(at) < Every;
}
