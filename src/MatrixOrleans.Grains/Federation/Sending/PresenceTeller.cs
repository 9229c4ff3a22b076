using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Grains.Federation.Receiving;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Federation;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>
/// Tells other servers whether our users are there (<c>m.presence</c>): the servers that share a room with a user when it changes, and those who come together in a room
/// when somebody joins. It is worth something only now, so a server that is away misses it.
/// </summary>
public sealed class PresenceTeller(Database database, RoomServers rooms, PresenceReceiver receiver, TenantKeys tenants, IFederationPolicies policies, IGrainFactory grains, TimeProvider time)
{
    /// <summary>Users of whom a server is told when somebody of it joins a room.</summary>
    private const int UsersMax = 50;

    public async ValueTask Tell(PresenceView view)
    {
        if (tenants.IsTenant(view.User.ServerName))
        {
            await Tell([view], await database.Outgoing.SharingServers(view.User));
        }
    }

    /// <summary>Somebody joined a room.</summary>
    public async ValueTask Joined(long roomNid, UserId user)
    {
        if (tenants.IsTenant(user.ServerName))
        {
            await receiver.Joined();
            if (await rooms.Others(roomNid) is { Count: > 0 } others && await View(user) is { Presence: not PresenceState.Offline } view)
            {
                await Tell([view], others);
            }

            return;
        }

        var views = new List<PresenceView>();
        foreach (var present in (await database.Presence.PresentIn(roomNid, UsersMax)).Where(present => tenants.IsTenant(present.ServerName)))
        {
            views.Add(await View(present));
        }

        foreach (var tenant in views.Where(view => view.Presence != PresenceState.Offline).GroupBy(view => view.User.ServerName))
        {
            await Tell([.. tenant], [user.ServerName]);
        }
    }

    private ValueTask<PresenceView> View(UserId user) => grains.GetGrain<IPresenceGrain>(user.Value).View(user);

    private async ValueTask Tell(IReadOnlyList<PresenceView> views, IEnumerable<ServerName> servers)
    {
        var tenant = views[0].User.ServerName;
        foreach (var server in servers.Where(server => !tenants.IsTenant(server) && policies.Of(tenant).Permits(server)))
        {
            var destination = grains.GetGrain<IDestinationGrain>(IDestinationGrain.Key(tenant, server));
            foreach (var view in views)
            {
                // Each under its own name: what changes before it goes out replaces it.
                await destination.Tell($"presence|{view.User}", Edus.Presence([view], time.GetUtcNow().ToUnixTimeMilliseconds()));
            }
        }
    }
}
