using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Protocol.Identifiers;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace MatrixOrleans.Server.Configuration;

/// <summary>Reads the registration files of application services (Application Service API, "Registration").</summary>
public static class RegistrationFiles
{
    /// <exception cref="InvalidDataException">A file cannot be used; the message says which and why.</exception>
    public static ApplicationServiceList Read(HomeserverOptions options)
    {
        var names = OptionsReader.Names(options);
        var services = new List<ApplicationService>();
        foreach (var entry in (options.AppServices ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = entry.IndexOf('=');
            var (tenant, file) = equals > 0 ? (entry[..equals], entry[(equals + 1)..]) : (names[0], entry);
            if (!names.Contains(tenant))
            {
                throw new InvalidDataException($"app-services: there is no homeserver {tenant} in this process.");
            }

            try
            {
                services.Add(Parse(File.ReadAllText(file), ServerName.Parse(tenant)));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or YamlException or ArgumentException or NotSupportedException or FormatException)
            {
                throw new InvalidDataException($"The registration file {file} cannot be used: {fault.Message}", fault);
            }
        }

        try
        {
            return new ApplicationServiceList(services);
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException(fault.Message, fault);
        }
    }

    /// <exception cref="YamlException">It is no YAML, or has the wrong shape.</exception>
    /// <exception cref="FormatException">Something is missing or not as it should be.</exception>
    public static ApplicationService Parse(string yaml, ServerName tenant)
    {
        var file = new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<Registration?>(yaml) ?? throw new FormatException("it is empty");
        return new ApplicationService
        {
            Id = Required(file.Id, "id"),
            Tenant = tenant,
            Url = Address(file.Url),
            AsToken = Required(file.AsToken, "as_token"),
            HsToken = Required(file.HsToken, "hs_token"),
            Sender = UserId.Parse($"@{Required(file.SenderLocalpart, "sender_localpart")}:{tenant}"),
            Users = Namespaces(file.Namespaces?.Users),
            Aliases = Namespaces(file.Namespaces?.Aliases),
            Rooms = Namespaces(file.Namespaces?.Rooms),
            IsRateLimited = file.RateLimited ?? true,
            ReceivesEphemeral = (file.ReceiveEphemeral ?? file.PushEphemeral) == true,
            ReceivesDeviceLists = file.Msc3202 == true,
            Protocols = file.Protocols ?? [],
        };
    }

    private static string Required(string? value, string name) => string.IsNullOrEmpty(value) ? throw new FormatException($"{name} is missing") : value;

    private static Uri? Address(string? url)
    {
        if (string.IsNullOrEmpty(url) || url == "null")
        {
            return null;
        }

        return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : throw new FormatException("url is no http or https URL");
    }

    private static Namespace[] Namespaces(List<Space>? spaces) =>
        [.. (spaces ?? []).Select(space => new Namespace(Required(space.Regex, "regex"), space.Exclusive))];

    private sealed class Registration
    {
        [YamlMember(Alias = "id")]
        public string? Id { get; set; }

        [YamlMember(Alias = "url")]
        public string? Url { get; set; }

        [YamlMember(Alias = "as_token")]
        public string? AsToken { get; set; }

        [YamlMember(Alias = "hs_token")]
        public string? HsToken { get; set; }

        [YamlMember(Alias = "sender_localpart")]
        public string? SenderLocalpart { get; set; }

        [YamlMember(Alias = "namespaces")]
        public Spaces? Namespaces { get; set; }

        [YamlMember(Alias = "rate_limited")]
        public bool? RateLimited { get; set; }

        [YamlMember(Alias = "receive_ephemeral")]
        public bool? ReceiveEphemeral { get; set; }

        [YamlMember(Alias = "de.sorunome.msc2409.push_ephemeral")]
        public bool? PushEphemeral { get; set; }

        [YamlMember(Alias = "org.matrix.msc3202")]
        public bool? Msc3202 { get; set; }

        [YamlMember(Alias = "protocols")]
        public List<string>? Protocols { get; set; }
    }

    private sealed class Spaces
    {
        [YamlMember(Alias = "users")]
        public List<Space>? Users { get; set; }

        [YamlMember(Alias = "aliases")]
        public List<Space>? Aliases { get; set; }

        [YamlMember(Alias = "rooms")]
        public List<Space>? Rooms { get; set; }
    }

    private sealed class Space
    {
        [YamlMember(Alias = "exclusive")]
        public bool Exclusive { get; set; }

        [YamlMember(Alias = "regex")]
        public string? Regex { get; set; }
    }
}
