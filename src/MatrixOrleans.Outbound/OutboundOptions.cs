using System.Security.Cryptography.X509Certificates;

namespace MatrixOrleans.Outbound;

/// <summary>How this process dials out.</summary>
public sealed class OutboundOptions
{
    /// <summary>Connect to loopback, private and other special addresses too; for tests and closed networks. Default false.</summary>
    public bool PrivateAddressesAllowed { get; init; }

    /// <summary>Certificate authorities that are trusted beside the system's, for every destination. Default none.</summary>
    public X509Certificate2Collection Authorities { get; init; } = [];

    /// <summary>Certificate authorities that are trusted for one host name only, as it stands in the certificate. Default none.</summary>
    public IReadOnlyDictionary<string, X509Certificate2Collection> AuthoritiesByHost { get; init; } = new Dictionary<string, X509Certificate2Collection>();

    /// <summary>Client certificates to show, by the host name in the other's certificate. Default none.</summary>
    public IReadOnlyDictionary<string, X509Certificate2> ClientCertificates { get; init; } = new Dictionary<string, X509Certificate2>();

    /// <summary>Longest time that connecting to one address takes, TLS included. Default 10 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections at once to one destination that speaks HTTP/1.1. Default 16.</summary>
    public int ConnectionsPerServerMax { get; init; } = 16;

    /// <summary>Where <c>/.well-known/matrix/server</c> is asked; 443 but in tests.</summary>
    internal int WellKnownPort { get; init; } = 443;
}
