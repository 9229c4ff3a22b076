using Orleans;

namespace MatrixOrleans.Protocol.Errors;

/// <summary>
/// A refusal that a user or a remote server may see. The Gateway maps it to HTTP in one place
/// (Client-Server API, "Standard error response").
/// </summary>
[GenerateSerializer, Immutable, Alias("MatrixException")]
public sealed class MatrixException : Exception
{
    public MatrixException(MatrixError code, string text)
        : base(text)
    {
        Code = code;
    }

    /// <summary>The errcode and its HTTP status. Settable for the serializer only.</summary>
    [Id(0)]
    public MatrixError Code { get; set; }

    /// <summary>How long to wait before the next try, for M_LIMIT_EXCEEDED.</summary>
    [Id(1)]
    public int? RetryAfterMs { get; set; }

    /// <summary>For M_UNKNOWN_TOKEN: the session can be taken up again with a new login (Client-Server API, "Soft logout").</summary>
    [Id(2)]
    public bool SoftLogout { get; set; }

    /// <summary>Further members of the error object, as one JSON object, e.g. <c>{"room_version":"12"}</c>; empty when there are none.</summary>
    [Id(3)]
    public string ExtraJson { get; set; } = "";
}
