using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Outbound;

/// <summary>One request to another homeserver.</summary>
/// <param name="Origin">The tenant that asks and signs.</param>
/// <param name="Destination">The server that is asked.</param>
/// <param name="Method">e.g. <see cref="HttpMethod.Put"/>.</param>
/// <param name="PathAndQuery">As it goes on the wire, percent-encoded, beginning with <c>/_matrix/</c>.</param>
/// <param name="Body">A JSON object; <c>null</c> for none.</param>
public sealed record FederationCall(ServerName Origin, ServerName Destination, HttpMethod Method, string PathAndQuery, ReadOnlyMemory<byte>? Body = null)
{
    /// <summary>From finding the server to the last byte of the answer. Default 30 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most bytes of the answer's body. Default 1 MiB.</summary>
    public long BytesMax { get; init; } = 1024 * 1024;

    /// <summary>Whether the request is signed; only what the specification lets anybody ask (keys, version) is not. Default true.</summary>
    public bool Signed { get; init; } = true;

    /// <summary>Take a redirect as an answer, for <see cref="IFederationClient.Open"/>; nobody follows it here. Default false.</summary>
    public bool Redirects { get; init; }

    /// <summary>Ask even a server that did not answer lately. Default false; delivery of transactions has a schedule of its own.</summary>
    public bool EvenIfResting { get; init; }

    /// <summary>What is asked, for errors and logs: method and path without the query.</summary>
    public string Operation => $"{Method} {PathAndQuery.Split('?', 2)[0]}";
}
