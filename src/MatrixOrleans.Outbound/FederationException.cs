using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Outbound;

/// <summary>Why another server did not give what it was asked for.</summary>
public enum FederationFailure
{
    /// <summary>No answer: not found, not reachable, TLS refused, broken off, or too slow.</summary>
    Unreachable,

    /// <summary>An answer that is not what the specification says: too large, no JSON.</summary>
    BadAnswer,

    /// <summary>An answer with an error status.</summary>
    Refused,

    /// <summary>Not asked: a policy of ours forbids it.</summary>
    Forbidden,
}

/// <summary>Another server failed us.</summary>
public sealed class FederationException(ServerName server, string operation, FederationFailure failure, string text, Exception? cause = null)
    : Exception($"{server}: {operation}: {text}", cause)
{
    public ServerName Server { get; } = server;

    /// <summary>Method and path.</summary>
    public string Operation { get; } = operation;

    public FederationFailure Failure { get; } = failure;

    /// <summary>The HTTP status of the answer; <c>null</c> when there was none.</summary>
    public int? Status { get; init; }

    /// <summary>The <c>errcode</c> of the answer, if it had one.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The answer's body, bounded, for errors with more members (<c>M_INCOMPATIBLE_ROOM_VERSION</c>); empty when there was none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}
