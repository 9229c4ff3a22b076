namespace MatrixOrleans.Gateway.Http;

/// <summary>The TURN servers that relay calls; a shared secret or a fixed user name and password.</summary>
public sealed class TurnOptions
{
    /// <summary><c>turn:</c> and <c>turns:</c> URIs; none: clients are told of no servers.</summary>
    public IReadOnlyList<string> Uris { get; init; } = [];

    /// <summary>The secret that the TURN servers share with this server.</summary>
    public string? SharedSecret { get; init; }

    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>Seconds that credentials are good for. Default a day.</summary>
    public int LifetimeSeconds { get; init; } = 86_400;

    /// <summary>Guests get credentials too.</summary>
    public bool GuestsAllowed { get; init; } = true;
}
