namespace MatrixOrleans.Server.Configuration;

/// <summary>The whole configuration. Keys are given as <c>--key value</c>, as <c>MATRIX_ORLEANS_KEY</c>, or in a YAML file (<c>--config file</c>).</summary>
public sealed class HomeserverOptions
{
    /// <summary>Addresses on which clients are served, separated by commas; <c>https</c> ones need a certificate. Default <c>http://127.0.0.1:8008</c>.</summary>
    [Key("listen")]
    public string Listen { get; set; } = "http://127.0.0.1:8008";

    /// <summary>Certificate of the <c>https</c> addresses, and any intermediate ones after it: a PEM file.</summary>
    [Key("tls-certificate")]
    public string? TlsCertificate { get; set; }

    /// <summary>Private key of the certificate: a PEM file. Default: in the certificate's file.</summary>
    [Key("tls-key")]
    public string? TlsKey { get; set; }

    /// <summary>The name of the homeserver, the part behind the colon of its user ids. Cannot change later. Default <c>localhost</c>.</summary>
    [Key("server-name")]
    public string ServerName { get; set; } = "localhost";

    /// <summary>Further homeservers in the same process, by server name, separated by commas.</summary>
    [Key("tenants")]
    public string? Tenants { get; set; }

    /// <summary>Folder of the database file and other data of the embedded default. Default <c>data</c>.</summary>
    [Key("data-dir")]
    public string DataDir { get; set; } = "data";

    /// <summary><c>sqlite</c>, or <c>postgres:</c> and a connection string. Default <c>sqlite</c>.</summary>
    [Key("database")]
    public string Database { get; set; } = "sqlite";

    /// <summary>Who may make an account: <c>closed</c>, <c>token</c> (with a registration token) or <c>open</c>. Default <c>closed</c>.</summary>
    [Key("registration")]
    public string Registration { get; set; } = "closed";

    /// <summary>Whether guests may register. Default false.</summary>
    [Key("guests")]
    public bool Guests { get; set; }

    /// <summary>Whether users see who is there. Default true.</summary>
    [Key("presence")]
    public bool Presence { get; set; } = true;

    /// <summary>URIs of the TURN servers for calls, separated by spaces. Default: none.</summary>
    [Key("turn-uris")]
    public string? TurnUris { get; set; }

    /// <summary>Secret that the TURN servers share with this server, from which users' credentials are made.</summary>
    [Key("turn-shared-secret")]
    public string? TurnSharedSecret { get; set; }

    /// <summary>User name at the TURN servers, when they share no secret.</summary>
    [Key("turn-username")]
    public string? TurnUsername { get; set; }

    /// <summary>Password at the TURN servers, when they share no secret.</summary>
    [Key("turn-password")]
    public string? TurnPassword { get; set; }

    /// <summary>Seconds that credentials for the TURN servers are good for. Default 86400.</summary>
    [Key("turn-lifetime-seconds")]
    public int TurnLifetimeSeconds { get; set; } = 86_400;

    /// <summary>URLs of services that give access to LiveKit media servers, for calls of groups, separated by spaces. Default: none.</summary>
    [Key("livekit-service-urls")]
    public string? LivekitServiceUrls { get; set; }

    /// <summary>Ed25519 public key of the policy server that has the homeserver's name (32 bytes, unpadded base64), told in <c>/.well-known/matrix/policy_server</c>. Default: there is none.</summary>
    [Key("policy-server-key")]
    public string? PolicyServerKey { get; set; }

    /// <summary>Secret with which <c>matrix-orleans register</c> makes accounts. Default: made at the first start, in the data folder.</summary>
    [Key("registration-shared-secret")]
    public string? RegistrationSharedSecret { get; set; }

    /// <summary>URL at which clients reach the server, told in <c>/.well-known/matrix/client</c>.</summary>
    [Key("public-base-url")]
    public string? PublicBaseUrl { get; set; }

    /// <summary><c>on</c> or <c>off</c>. Default <c>on</c>.</summary>
    [Key("rate-limit")]
    public string RateLimit { get; set; } = "on";

    /// <summary>Sends a second that one user may make in the long run. Default 50.</summary>
    [Key("rate-limit-sends-per-second")]
    public double SendsPerSecond { get; set; } = 50;

    /// <summary>Take access tokens in the query string, which the specification gives up. Default false.</summary>
    [Key("query-tokens")]
    public bool QueryTokens { get; set; }

    /// <summary>Hash passwords cheaply: for tests only. Default false.</summary>
    [Key("password-hash-cheap")]
    public bool PasswordHashCheap { get; set; }

    /// <summary>Refuse keys of devices that the device has not signed itself; without it clients must notice. Default true.</summary>
    [Key("device-keys-signed")]
    public bool DeviceKeysSigned { get; set; } = true;

    /// <summary>Flush every commit of the SQLite database to disk before it is acknowledged. Default true.</summary>
    [Key("sqlite-synchronous-full")]
    public bool SqliteSynchronousFull { get; set; } = true;

    /// <summary>Registration files of application services, separated by commas; <c>name=file</c> for those of another homeserver than the first.</summary>
    [Key("app-services")]
    public string? AppServices { get; set; }

    /// <summary>Connect to private, loopback and other special addresses too, and to users' push gateways without TLS: for tests and closed networks. Default false.</summary>
    [Key("outbound-private-addresses")]
    public bool OutboundPrivateAddresses { get; set; }

    /// <summary><c>on</c> or <c>off</c>: whether this server speaks with other homeservers. Default <c>on</c>.</summary>
    [Key("federation")]
    public string Federation { get; set; } = "on";

    /// <summary>The only servers to federate with: host names with <c>*</c> and <c>?</c>, separated by commas. Default: all.</summary>
    [Key("federation-allow")]
    public string? FederationAllow { get; set; }

    /// <summary>Servers not to federate with, written likewise. Default: none.</summary>
    [Key("federation-deny")]
    public string? FederationDeny { get; set; }

    /// <summary>A YAML file with <c>federation</c>, <c>allow</c> and <c>deny</c> for each server name, <c>default</c> for the others; read again when it changes.</summary>
    [Key("federation-policy-file")]
    public string? FederationPolicyFile { get; set; }

    /// <summary>Certificate authorities of other servers, beside the system's: PEM files separated by commas; <c>host=file</c> for one host name only.</summary>
    [Key("federation-ca")]
    public string? FederationCa { get; set; }

    /// <summary>Client certificates to show to other servers: <c>host=file</c>, separated by commas; PEM files with certificate and key.</summary>
    [Key("federation-client-certificates")]
    public string? FederationClientCertificates { get; set; }

    /// <summary>Servers that are asked for the keys of servers that do not answer, separated by commas. Default: none.</summary>
    [Key("federation-notaries")]
    public string? FederationNotaries { get; set; }

    /// <summary>Where other servers find this one, told in <c>/.well-known/matrix/server</c>: <c>host</c> or <c>host:port</c>.</summary>
    [Key("federation-delegate")]
    public string? FederationDelegate { get; set; }

    /// <summary>Other servers may read the published room directory. Default false.</summary>
    [Key("federation-public-rooms")]
    public bool FederationPublicRooms { get; set; }

    /// <summary>Run the common operations once on a homeserver in a temporary folder before <c>/health/ready</c> says yes, so that the first requests are not slow. Default true.</summary>
    [Key("warm-up")]
    public bool WarmUp { get; set; } = true;

    /// <summary>Folder of uploaded content. Default: <c>media</c> in the data folder.</summary>
    [Key("media-dir")]
    public string? MediaDir { get; set; }

    /// <summary>Largest upload, in bytes. Default 52428800 (50 MiB).</summary>
    [Key("media-upload-bytes-max")]
    public long MediaUploadBytesMax { get; set; } = 50 * 1024 * 1024;

    /// <summary>Bytes that one user may upload in all; 0 for no bound. Default 0.</summary>
    [Key("media-quota-bytes")]
    public long MediaQuotaBytes { get; set; }

    /// <summary>
    /// What the paths of before v1.11 give out without log-in: <c>off</c> nothing, <c>frozen</c> what was uploaded while they were on, <c>on</c> everything.
    /// Default <c>frozen</c>.
    /// </summary>
    [Key("media-legacy")]
    public string MediaLegacy { get; set; } = "frozen";

    /// <summary>Make thumbnails of exactly the size that is asked for, instead of the next standard one. Default false.</summary>
    [Key("media-dynamic-thumbnails")]
    public bool MediaDynamicThumbnails { get; set; }

    /// <summary>Largest image of which a thumbnail is made, in pixels. Default 50000000.</summary>
    [Key("media-image-pixels-max")]
    public long MediaImagePixelsMax { get; set; } = 50_000_000;

    /// <summary>Days after which uploads are removed; 0 for never. Default 0.</summary>
    [Key("media-retention-days")]
    public int MediaRetentionDays { get; set; }

    /// <summary>Days after which media of other servers is removed that nobody looked at; 0 for never. Default 0.</summary>
    [Key("media-remote-retention-days")]
    public int MediaRemoteRetentionDays { get; set; }

    /// <summary>Fetch pages behind URLs in messages, to show clients what is there. Default false.</summary>
    [Key("url-previews")]
    public bool UrlPreviews { get; set; }

    /// <summary>Keep content in an S3 bucket in place of the folder: <c>https://endpoint/bucket/prefix</c>, the prefix being optional.</summary>
    [Key("media-s3")]
    public string? MediaS3 { get; set; }

    /// <summary>Region of the S3 service. Default <c>us-east-1</c>.</summary>
    [Key("media-s3-region")]
    public string MediaS3Region { get; set; } = "us-east-1";

    /// <summary>Access key of the S3 service.</summary>
    [Key("media-s3-access-key")]
    public string? MediaS3AccessKey { get; set; }

    /// <summary>Secret key of the S3 service.</summary>
    [Key("media-s3-secret-key")]
    public string? MediaS3SecretKey { get; set; }

    /// <summary>Least severe log lines to print: <c>Debug</c>, <c>Information</c>, <c>Warning</c>, <c>Error</c>. Default <c>Information</c>.</summary>
    [Key("log-level")]
    public string LogLevel { get; set; } = "Information";
}

/// <summary>The name of a configuration key.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class KeyAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
