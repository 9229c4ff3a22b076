using System.Net;

namespace MatrixOrleans.Outbound.Discovery;

/// <summary>The Domain Name System, as far as finding servers needs it.</summary>
public interface INameLookup
{
    /// <summary>Addresses of a host; none when it does not exist.</summary>
    ValueTask<IReadOnlyList<IPAddress>> Addresses(string host, CancellationToken cancel);

    /// <summary>SRV records, the first to try first; none when there are none.</summary>
    /// <param name="name">e.g. <c>_matrix-fed._tcp.example.org</c>.</param>
    ValueTask<IReadOnlyList<ServiceTarget>> Services(string name, CancellationToken cancel);
}

/// <summary>Where a service is, by an SRV record.</summary>
public sealed record ServiceTarget(string Host, int Port);
