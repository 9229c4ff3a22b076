namespace MatrixOrleans.Conformance.Hosting;

/// <summary>How a server under test is started.</summary>
public sealed record ServerOptions
{
    /// <summary>The server name, or several for one process with several homeservers; the first is the default of a request without a known host.</summary>
    public string[] ServerNames { get; init; } = ["localhost"];

    /// <summary>The value of <c>--database</c>; null is SQLite in the data folder.</summary>
    public string? Database { get; init; }

    /// <summary>Who may register: <c>open</c>, <c>token</c> or <c>closed</c>.</summary>
    public string Registration { get; init; } = "open";

    /// <summary>The secret of shared-secret registration.</summary>
    public string SharedSecret { get; init; } = "conformance-secret";

    /// <summary>A second address, for other servers.</summary>
    public string? AlsoListen { get; init; }

    /// <summary>Further command line arguments.</summary>
    public string[] More { get; init; } = [];

    /// <summary>The command line for a data folder and a port on the loopback interface.</summary>
    public IEnumerable<string> Arguments(string dataFolder, int port)
    {
        yield return "--listen";
        yield return AlsoListen is null ? $"http://127.0.0.1:{port}" : $"http://127.0.0.1:{port},{AlsoListen}";
        yield return "--server-name";
        yield return ServerNames[0];
        if (ServerNames.Length > 1)
        {
            yield return "--tenants";
            yield return string.Join(',', ServerNames[1..]);
        }
        yield return "--data-dir";
        yield return dataFolder;
        yield return "--database";
        yield return Database ?? "sqlite";
        yield return "--registration";
        yield return Registration;
        yield return "--registration-shared-secret";
        yield return SharedSecret;
        yield return "--rate-limit";
        yield return "off";
        yield return "--warm-up";
        yield return "false";
        yield return "--password-hash-cheap";
        yield return "true";
        yield return "--outbound-private-addresses";
        yield return "true";
        foreach (string argument in More)
        {
            yield return argument;
        }
    }
}
