namespace MatrixOrleans.Protocol.Errors;

/// <summary>
/// A refusal that a user or a remote server may see. The Gateway maps it to HTTP in one place
/// (Client-Server API, "Standard error response").
/// </summary>
public sealed class MatrixException : Exception
{
    public MatrixException(ErrorCode code, string text)
        : base(text)
    {
        Code = code;
    }

    /// <summary>The errcode and its HTTP status.</summary>
    public ErrorCode Code { get; }

    /// <summary>How long to wait before the next try, for M_LIMIT_EXCEEDED.</summary>
    public int? RetryAfterMs { get; init; }

    /// <summary>For M_UNKNOWN_TOKEN: the session can be taken up again with a new login (Client-Server API, "Soft logout").</summary>
    public bool SoftLogout { get; init; }

    /// <summary>Further members of the error object, as one JSON object, e.g. <c>{"room_version":"12"}</c>; empty when there are none.</summary>
    public string ExtraJson { get; init; } = "";
}
