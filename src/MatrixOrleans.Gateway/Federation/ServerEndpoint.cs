using MatrixOrleans.Gateway.Http;

namespace MatrixOrleans.Gateway.Federation;

/// <summary>Who may call an operation of the server-server API.</summary>
public enum ServerAccess
{
    /// <summary>Anybody: keys and version.</summary>
    Anybody,

    /// <summary>Servers that signed the request.</summary>
    Server,
}

/// <summary>One operation of the server-server API: its place in the specification and what answers it.</summary>
/// <param name="OperationId">The <c>operationId</c> of the specification's OpenAPI; names the file.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">The path as the OpenAPI writes it, the base path included.</param>
/// <param name="Access">Who may call it.</param>
/// <param name="Handle">Parses, authorises, calls a grain and answers.</param>
public sealed record ServerEndpoint(string OperationId, string Method, string Path, ServerAccess Access, Func<ServerRequest, ValueTask<Answer>> Handle)
{
    /// <summary>Most bytes of the request's body.</summary>
    public int BodyBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Other paths that answer the same.</summary>
    public IReadOnlyList<string> AlsoPaths { get; init; } = [];
}
