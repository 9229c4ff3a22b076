using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MatrixOrleans.Outbound.Connections;

/// <summary>Makes the HTTP handler of all outgoing requests: no proxy, no cookies, no redirects that nobody looked at, TLS 1.2 or newer.</summary>
internal static class Handlers
{
    private const int HeaderKiBMax = 32;

    public static SocketsHttpHandler Create(GuardedConnector connector, OutboundOptions options)
    {
        var check = new CertificateCheck(options);
        return new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            MaxConnectionsPerServer = options.ConnectionsPerServerMax,
            MaxResponseHeadersLength = HeaderKiBMax,
            MaxResponseDrainSize = 64 * 1024,
            ConnectTimeout = options.ConnectTimeout * 2,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            ConnectCallback = (context, cancel) => connector.Connect(context.DnsEndPoint, cancel),
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                RemoteCertificateValidationCallback = check.IsGood,
                LocalCertificateSelectionCallback = options.ClientCertificates.Count == 0
                    ? null
                    : (_, host, _, _, _) => options.ClientCertificates.TryGetValue(host, out var certificate) ? certificate : (X509Certificate)null!,
            },
        };
    }
}
