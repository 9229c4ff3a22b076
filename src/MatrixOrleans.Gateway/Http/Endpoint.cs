namespace MatrixOrleans.Gateway.Http;

/// <summary>Who may call an operation.</summary>
public enum Access
{
    /// <summary>Anybody; no token is looked at.</summary>
    Anybody,

    /// <summary>Anybody; a token that is there must be a valid one.</summary>
    Optional,

    /// <summary>Anybody but guests; a token that is there must be a valid one.</summary>
    OptionalUser,

    /// <summary>Logged-in users, no guests.</summary>
    User,

    /// <summary>Logged-in users and guests.</summary>
    UserOrGuest,

    /// <summary>Logged-in users and guests, even of locked accounts (log-out).</summary>
    EvenLocked,

    /// <summary>Server administrators.</summary>
    Admin,
}

/// <summary>Which rate limit an operation counts against.</summary>
public enum RateClass
{
    /// <summary>None of its own.</summary>
    None,

    /// <summary>Sends of a user.</summary>
    Send,

    /// <summary>Log-ins and registrations from an address.</summary>
    Login,

    /// <summary>Requests of another homeserver.</summary>
    Server,
}

/// <summary>One operation of an API: its place in the specification and what answers it.</summary>
/// <param name="OperationId">The <c>operationId</c> of the specification's OpenAPI; names the file.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">The path as the OpenAPI writes it, the base path included. A <c>v3</c> path answers as <c>r0</c> too.</param>
/// <param name="Access">Who may call it.</param>
/// <param name="Handle">Parses, authorises, calls a grain and answers.</param>
public sealed record Endpoint(string OperationId, string Method, string Path, Access Access, Func<ClientRequest, ValueTask<Answer>> Handle)
{
    public RateClass Rate { get; init; }

    /// <summary>A suspended account may still call it.</summary>
    public bool WhileSuspended { get; init; } = true;

    /// <summary>Other paths that answer the same: unstable names of clients, and a missing last segment.</summary>
    public IReadOnlyList<string> AlsoPaths { get; init; } = [];

    /// <summary>Other operations of the specification that are the same request and get the same answer; they differ in what they ask in the query.</summary>
    public IReadOnlyList<string> AlsoOperations { get; init; } = [];
}
