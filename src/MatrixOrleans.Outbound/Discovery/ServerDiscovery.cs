using System.Net;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Outbound.Discovery;

/// <summary>Finds homeservers by their names; the steps are those of the specification (Server-Server API, "Resolving server names").</summary>
public sealed class ServerDiscovery(WellKnownCache wellKnown, INameLookup names)
{
    private const int DefaultPort = 8448;

    public async ValueTask<ServerLocation> Find(ServerName server, CancellationToken cancel)
    {
        // 1. The hostname is an IP literal. 2. The server name includes an explicit port.
        if (IsLiteral(server) || server.Port is not null)
        {
            return Direct(server);
        }

        // 3. A regular HTTPS request for /.well-known/matrix/server; what it names is processed likewise.
        if (await wellKnown.Find(server, cancel).ConfigureAwait(false) is { } delegated)
        {
            // 3.1, 3.2
            return IsLiteral(delegated) || delegated.Port is not null ? Direct(delegated) : await ByService(delegated.Host, cancel).ConfigureAwait(false);
        }

        return await ByService(server.Host, cancel).ConfigureAwait(false);
    }

    /// <summary>3.3 to 3.5, and 4 to 6: SRV records, the registered name first, else the default port.</summary>
    private async ValueTask<ServerLocation> ByService(string host, CancellationToken cancel)
    {
        var targets = await names.Services($"_matrix-fed._tcp.{host}", cancel).ConfigureAwait(false);
        if (targets.Count == 0)
        {
            targets = await names.Services($"_matrix._tcp.{host}", cancel).ConfigureAwait(false);
        }

        return new ServerLocation(host, targets.Count > 0 ? targets : [new ServiceTarget(host, DefaultPort)]);
    }

    private static ServerLocation Direct(ServerName name) => new(name.Value, [new ServiceTarget(name.Host, name.Port ?? DefaultPort)]);

    private static bool IsLiteral(ServerName name) => name.Host is ['[', ..] || IPAddress.TryParse(name.Host, out _);
}
