using System.Text.RegularExpressions;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Gateway.Http;

/// <summary>Who may make an account by themselves.</summary>
public enum RegistrationMode
{
    /// <summary>Nobody: administrators make accounts, or the shared secret does.</summary>
    Closed,

    /// <summary>Who holds a registration token.</summary>
    Token,

    /// <summary>Everybody.</summary>
    Open,
}

/// <summary>What the HTTP side needs to know of the configuration.</summary>
public sealed class GatewayOptions
{
    /// <summary>The homeservers that this cluster is, by server name; the first answers requests whose host names none.</summary>
    public IReadOnlyList<ServerName> Tenants { get; set; } = [ServerName.Parse("localhost")];

    /// <summary>Base URL that clients are told in .well-known, per tenant; none: answered 404.</summary>
    public IReadOnlyDictionary<string, string> PublicBaseUrls { get; set; } = new Dictionary<string, string>();

    /// <summary>Who may register. Default: closed.</summary>
    public RegistrationMode Registration { get; set; } = RegistrationMode.Closed;

    /// <summary>Guests may register. Default: no.</summary>
    public bool GuestsAllowed { get; set; }

    /// <summary>Localparts that nobody can register, whole, case-sensitive. Default: none.</summary>
    public IReadOnlyList<Regex> ReservedUsernames { get; set; } = [];

    /// <summary>Secret of <c>POST /_synapse/admin/v1/register</c>; none: switched off.</summary>
    public string? RegistrationSharedSecret { get; set; }

    /// <summary>Take <c>?access_token=</c>, which v1.11 deprecated. Default: no.</summary>
    public bool QueryTokens { get; set; }

    /// <summary>Users see who is there. Default: yes.</summary>
    public bool Presence { get; set; } = true;

    /// <summary>The TURN servers for calls. Default: none.</summary>
    public TurnOptions Turn { get; set; } = new();

    /// <summary>Services that give access to LiveKit media servers, for calls of groups. Default: none.</summary>
    public IReadOnlyList<string> LivekitServiceUrls { get; set; } = [];

    /// <summary>Contacts in <c>.well-known/matrix/support</c>.</summary>
    public IReadOnlyList<SupportContact> SupportContacts { get; set; } = [];

    /// <summary>Page for support in <c>.well-known/matrix/support</c>.</summary>
    public string? SupportPage { get; set; }

    /// <summary>Ed25519 public key of the policy server that has the homeserver's name, unpadded base64, per tenant. Default: there is none.</summary>
    public IReadOnlyDictionary<string, string> PolicyServerKeys { get; set; } = new Dictionary<string, string>();

    /// <summary>Largest JSON body in bytes. Default 1 MiB.</summary>
    public int BodyBytesMax { get; set; } = 1024 * 1024;

    /// <summary>Rate limits are enforced. Default: yes.</summary>
    public bool RateLimits { get; set; } = true;

    /// <summary>Sends that one user may make in a second, as a long-term rate. Default 50.</summary>
    public double SendsPerSecond { get; set; } = 50;

    /// <summary>Sends that one user may make at once. Default 200.</summary>
    public int SendsBurst { get; set; } = 200;

    /// <summary>Log-in and registration tries a second from one address, as a long-term rate. Default 1.</summary>
    public double LoginsPerSecond { get; set; } = 1;

    /// <summary>Log-in and registration tries at once from one address. Default 20.</summary>
    public int LoginsBurst { get; set; } = 20;

    /// <summary>Requests that one other homeserver may make in a second, as a long-term rate. Default 100.</summary>
    public double ServerRequestsPerSecond { get; set; } = 100;

    /// <summary>Requests that one other homeserver may make at once. Default 1000.</summary>
    public int ServerRequestsBurst { get; set; } = 1000;

    /// <summary>What <c>/.well-known/matrix/server</c> tells other homeservers, per tenant: where to go; none: answered 404.</summary>
    public IReadOnlyDictionary<string, string> DelegatedServers { get; set; } = new Dictionary<string, string>();

    /// <summary>Other homeservers may read the published room directories. Default: no.</summary>
    public bool PublicRoomsForServers { get; set; }

    /// <summary>Seconds for which a gateway trusts what it knows of a token without asking. Default 10.</summary>
    public int SessionCacheSeconds { get; set; } = 10;

    /// <summary>Minutes that an access token lives when the client can refresh it. Default 60.</summary>
    public int AccessTokenMinutes { get; set; } = 60;
}

/// <summary>Somebody to turn to (Client-Server API, "Server discovery", support).</summary>
public sealed record SupportContact(string Role, string? EmailAddress, string? MatrixId);
