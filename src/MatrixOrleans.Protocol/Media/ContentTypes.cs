using System.Collections.Frozen;

namespace MatrixOrleans.Protocol.Media;

/// <summary>What a <c>Content-Type</c> may be and which may be shown in place (Client-Server API, "Serving inline content").</summary>
public static class ContentTypes
{
    /// <summary>What media is whose uploader said nothing, or nothing that could be said to others.</summary>
    public const string Unknown = "application/octet-stream";

    /// <summary>Longest one that is kept.</summary>
    public const int LengthMax = 255;

    private static readonly FrozenSet<string> Inline = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "text/css", "text/plain", "text/csv",
        "application/json", "application/ld+json",
        "image/jpeg", "image/gif", "image/png", "image/apng", "image/webp", "image/avif",
        "video/mp4", "video/webm", "video/ogg", "video/quicktime",
        "audio/mp4", "audio/webm", "audio/aac", "audio/mpeg", "audio/ogg", "audio/wave", "audio/wav", "audio/x-wav", "audio/x-pn-wav", "audio/flac", "audio/x-flac");

    /// <summary>The uploader's type if it is one: <c>type/subtype</c> and parameters in printable ASCII.</summary>
    public static string Keep(string? given)
    {
        var type = given?.Trim() ?? "";
        var slash = Essence(type).IndexOf('/');
        return slash > 0 && slash < Essence(type).Length - 1 && type.Length <= LengthMax && !type.AsSpan().ContainsAnyExceptInRange(' ', '~') && !Essence(type).Contains(' ')
            ? type
            : Unknown;
    }

    /// <summary>Whether browsers may show it in place: it is none of the types that can carry a script.</summary>
    public static bool IsInline(string contentType) => Inline.Contains(Essence(contentType).ToString());

    /// <summary>The type without its parameters.</summary>
    public static ReadOnlySpan<char> Essence(string contentType)
    {
        var parameters = contentType.IndexOf(';');
        return (parameters < 0 ? contentType : contentType.AsSpan(0, parameters)).Trim();
    }
}
