using System.Net;
using System.Net.Sockets;
using DnsClient;

namespace MatrixOrleans.Outbound.Discovery;

/// <summary>Asks the system for addresses (its hosts file counts) and its name servers for SRV records.</summary>
public sealed class DnsLookup : INameLookup
{
    /// <summary>SRV records of one name that are looked at.</summary>
    private const int ServicesMax = 8;

    private readonly Lazy<LookupClient> _services = new(() => new LookupClient(new LookupClientOptions
    {
        Timeout = TimeSpan.FromSeconds(5),
        Retries = 1,
        UseCache = true,
        MaximumCacheTimeout = TimeSpan.FromHours(1),
        CacheFailedResults = true,
        FailedResultsCacheDuration = TimeSpan.FromMinutes(1),
    }));

    public async ValueTask<IReadOnlyList<IPAddress>> Addresses(string host, CancellationToken cancel)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancel).ConfigureAwait(false);
        }
        catch (SocketException none) when (none.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData)
        {
            return [];
        }
    }

    public async ValueTask<IReadOnlyList<ServiceTarget>> Services(string name, CancellationToken cancel)
    {
        try
        {
            var answer = await _services.Value.QueryAsync(name, QueryType.SRV, QueryClass.IN, cancel).ConfigureAwait(false);
            return
            [
                .. answer.Answers.SrvRecords()
                    .Where(record => record.Port > 0 && record.Target.Value is not ("." or ""))
                    .OrderBy(record => record.Priority).ThenByDescending(record => record.Weight)
                    .Take(ServicesMax)
                    .Select(record => new ServiceTarget(record.Target.Value.TrimEnd('.'), record.Port)),
            ];
        }
        catch (DnsResponseException)
        {
            // No name server answers: the host may be known by other means all the same.
            return [];
        }
    }
}
