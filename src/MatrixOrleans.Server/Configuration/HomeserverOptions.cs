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

    /// <summary>Flush every commit of the SQLite database to disk before it is acknowledged. Default true.</summary>
    [Key("sqlite-synchronous-full")]
    public bool SqliteSynchronousFull { get; set; } = true;

    /// <summary>Registration files of application services, separated by commas; <c>name=file</c> for those of another homeserver than the first.</summary>
    [Key("app-services")]
    public string? AppServices { get; set; }

    /// <summary>Let users' push gateways, and other servers, be at private addresses and without TLS: for tests and closed networks. Default false.</summary>
    [Key("outbound-private-addresses")]
    public bool OutboundPrivateAddresses { get; set; }

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
