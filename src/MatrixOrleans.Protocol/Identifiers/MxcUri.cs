using MatrixOrleans.Protocol.Errors;
using Orleans;

namespace MatrixOrleans.Protocol.Identifiers;

/// <summary>A piece of media, <c>mxc://server-name/media-id</c> (Client-Server API, "Matrix Content URIs").</summary>
[GenerateSerializer, Immutable, Alias("MatrixOrleans.MxcUri")]
public readonly record struct MxcUri
{
    /// <summary>Longest media id. The specification names no bound; longer ones are nobody's.</summary>
    public const int MediaIdLengthMax = 255;

    private const string Scheme = "mxc://";

    private MxcUri(ServerName server, string mediaId) => (ServerName, MediaId) = (server, mediaId);

    /// <summary>The server that the content came from.</summary>
    [Id(0)]
    public ServerName ServerName { get; }

    /// <summary>Opaque; only <c>A-Z a-z 0-9 _ -</c>, so it can be no path.</summary>
    [Id(1)]
    public string MediaId { get; }

    public string Value => $"{Scheme}{ServerName.Value}/{MediaId}";

    public static bool IsMediaId(ReadOnlySpan<char> text)
    {
        if (text.Length is < 1 or > MediaIdLengthMax)
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <exception cref="FormatException">The text is no media id.</exception>
    public static MxcUri Of(ServerName server, string mediaId) =>
        IsMediaId(mediaId) ? new MxcUri(server, mediaId) : throw new FormatException($"Not a media id: '{mediaId}'");

    public static bool TryParse(string? text, out MxcUri uri)
    {
        uri = default;
        if (text is null || !text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        var slash = text.IndexOf('/', Scheme.Length);
        if (slash < 0 || !ServerName.TryParse(text.AsSpan(Scheme.Length, slash - Scheme.Length), out var server) || !IsMediaId(text.AsSpan(slash + 1)))
        {
            return false;
        }

        uri = new MxcUri(server, text[(slash + 1)..]);
        return true;
    }

    /// <exception cref="FormatException">The text is no mxc URI.</exception>
    public static MxcUri Parse(string text) => TryParse(text, out var uri) ? uri : throw new FormatException($"Not an mxc URI: '{text}'");

    /// <summary>For the two segments of a request's path.</summary>
    /// <exception cref="MatrixException">M_INVALID_PARAM for what is no server name; M_NOT_FOUND for an id that no media has.</exception>
    public static MxcUri FromRequest(string serverName, string mediaId)
    {
        if (!ServerName.TryParse(serverName, out var server))
        {
            throw new MatrixException(MatrixError.InvalidParam, "Not a valid server name");
        }

        return IsMediaId(mediaId) ? new MxcUri(server, mediaId) : throw new MatrixException(MatrixError.NotFound, "Media not found");
    }

    public override string ToString() => Value;
}
