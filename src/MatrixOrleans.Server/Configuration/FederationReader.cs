using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MatrixOrleans.Grains.Federation;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Server.Configuration;

/// <summary>What the configuration says of other homeservers.</summary>
internal static class FederationReader
{
    /// <summary>Adds a sentence for each fault.</summary>
    public static void Check(HomeserverOptions options, List<string> problems)
    {
        if (options.Federation is not ("on" or "off"))
        {
            problems.Add("federation must be on or off.");
        }

        if (options.FederationDelegate is { } server && !ServerName.TryParse(server, out _))
        {
            problems.Add($"federation-delegate: '{server}' is no server name.");
        }

        foreach (var notary in List(options.FederationNotaries).Where(name => !ServerName.TryParse(name, out _)))
        {
            problems.Add($"federation-notaries: '{notary}' is no server name.");
        }

        Try("federation-ca", () => Authorities(options));
        Try("federation-client-certificates", () => ClientCertificates(options));
        if (options.FederationPolicyFile is { } file)
        {
            Try("federation-policy-file", () => FederationPolicyFile.Read(file));
        }

        void Try(string key, Func<object> read)
        {
            try
            {
                read();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or FormatException or YamlDotNet.Core.YamlException)
            {
                problems.Add($"{key} cannot be used: {e.Message}");
            }
        }
    }

    public static OutboundOptions Outbound(HomeserverOptions options)
    {
        var (all, byHost) = Authorities(options);
        return new OutboundOptions
        {
            PrivateAddressesAllowed = options.OutboundPrivateAddresses,
            Authorities = all,
            AuthoritiesByHost = byHost,
            ClientCertificates = ClientCertificates(options),
        };
    }

    public static FederationOptions Federation(HomeserverOptions options) => new() { Notaries = [.. List(options.FederationNotaries).Select(ServerName.Parse)] };

    public static FederationPolicyFile Policies(HomeserverOptions options, ILoggerFactory logs) => new(
        new TenantPolicy { Federation = options.Federation, Allow = options.FederationAllow is null ? null : [.. List(options.FederationAllow)], Deny = [.. List(options.FederationDeny)] },
        options.FederationPolicyFile,
        TimeProvider.System,
        logs.CreateLogger<FederationPolicyFile>());

    private static (X509Certificate2Collection All, Dictionary<string, X509Certificate2Collection> ByHost) Authorities(HomeserverOptions options)
    {
        var all = new X509Certificate2Collection();
        var byHost = new Dictionary<string, X509Certificate2Collection>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in List(options.FederationCa))
        {
            var parts = entry.Split('=', 2);
            if (parts.Length == 1)
            {
                all.ImportFromPemFile(entry);
                continue;
            }

            if (!byHost.TryGetValue(parts[0], out var own))
            {
                byHost[parts[0]] = own = [];
            }

            own.ImportFromPemFile(parts[1]);
        }

        return (all, byHost);
    }

    private static Dictionary<string, X509Certificate2> ClientCertificates(HomeserverOptions options) =>
        List(options.FederationClientCertificates).Select(entry => entry.Split('=', 2)).ToDictionary(
            parts => parts.Length == 2 ? parts[0] : throw new FormatException($"'{parts[0]}' is not host=file"),
            parts => X509Certificate2.CreateFromPemFile(parts[1]),
            StringComparer.OrdinalIgnoreCase);

    private static string[] List(string? text) => (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
