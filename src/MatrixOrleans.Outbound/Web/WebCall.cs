namespace MatrixOrleans.Outbound.Web;

/// <summary>One request to a service that is no homeserver: a push gateway, an application service.</summary>
/// <param name="Url">Absolute, <c>https</c> or <c>http</c>.</param>
/// <param name="Body">JSON; <c>null</c> for none.</param>
public sealed record WebCall(HttpMethod Method, Uri Url, ReadOnlyMemory<byte>? Body = null)
{
    /// <summary>Goes into <c>Authorization: Bearer</c>.</summary>
    public string? BearerToken { get; init; }

    /// <summary>The URL is of the configuration, not of a user: it may be on this machine or in a private network.</summary>
    public bool IsTrusted { get; init; }

    /// <summary>From looking up the name to the last byte of the answer. Default 10 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most bytes of the answer's body. Default 64 KiB.</summary>
    public int BytesMax { get; init; } = 64 * 1024;
}

/// <summary>What the service answered, whatever its status.</summary>
public sealed record WebAnswer(int Status, ReadOnlyMemory<byte> Body)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}

/// <summary>There was no answer: the service cannot be found or reached, may not be connected to, was too slow or said too much.</summary>
public sealed class WebException(string message, Exception? cause = null) : Exception(message, cause);
