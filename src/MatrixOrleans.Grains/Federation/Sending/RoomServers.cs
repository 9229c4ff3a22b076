using BitFaster.Caching.Lru;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>The other servers in a room. They are remembered with a stamp of the memberships that they were read from, and read anew when that has changed.</summary>
public sealed class RoomServers(Database database, TenantKeys tenants)
{
    private const int RoomsMax = 5_000;

    private readonly ConcurrentLru<long, (string Stamp, IReadOnlyList<ServerName> Servers)> _rooms = new(RoomsMax);

    /// <summary>Servers with joined members, without those of this cluster.</summary>
    public async ValueTask<IReadOnlyList<ServerName>> Others(long roomNid)
    {
        var stamp = await database.Outgoing.JoinedStamp(roomNid);
        if (_rooms.TryGet(roomNid, out var known) && known.Stamp == stamp)
        {
            return known.Servers;
        }

        IReadOnlyList<ServerName> servers = [.. (await database.Outgoing.JoinedServers(roomNid)).Where(server => !tenants.IsTenant(server))];
        _rooms.AddOrUpdate(roomNid, (stamp, servers));
        return servers;
    }
}
