using System.Text.RegularExpressions;

namespace MatrixOrleans.Conformance.OpenApi;

/// <summary>The string formats that the specification names in <c>data/string-formats.yaml</c>, as the appendices define them.</summary>
public static partial class StringFormats
{
    private static readonly Dictionary<string, Func<string, bool>> Rules = new(StringComparer.Ordinal)
    {
        ["mx-user-id"] = UserId().IsMatch,
        ["mx-event-id"] = static s => s.Length > 1 && s[0] == '$' && FitsId(s),
        ["mx-room-id"] = static s => s.Length > 1 && s[0] == '!' && FitsId(s),
        ["mx-room-alias"] = RoomAlias().IsMatch,
        ["mx-server-name"] = ServerName().IsMatch,
        ["mx-mxc-uri"] = MxcUri().IsMatch,
        ["mx-unpadded-base64"] = UnpaddedBase64().IsMatch,
        ["mx-urlsafe-unpadded-base64"] = UrlSafeBase64().IsMatch,
        ["uri"] = static s => Uri.TryCreate(s, UriKind.Absolute, out _),
        ["email"] = static s => s.IndexOf('@', StringComparison.Ordinal) is > 0 and int at && at < s.Length - 1,
    };

    /// <summary>Whether this class knows the format.</summary>
    public static bool Knows(string format) => Rules.ContainsKey(format);

    /// <summary>Whether a string has the format. Unknown formats, and those of numbers, hold for every string.</summary>
    public static bool Matches(string format, string text) => !Rules.TryGetValue(format, out Func<string, bool>? rule) || rule(text);

    private static bool FitsId(string id) => System.Text.Encoding.UTF8.GetByteCount(id) <= 255;

    private const string Server = @"(?:[0-9A-Za-z.\-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?";

    [GeneratedRegex(@"^@[^:\0]*:" + Server + @"\z")]
    private static partial Regex UserId();

    [GeneratedRegex(@"^#[^:\0]*:" + Server + @"\z")]
    private static partial Regex RoomAlias();

    [GeneratedRegex("^" + Server + @"\z")]
    private static partial Regex ServerName();

    [GeneratedRegex("^mxc://" + Server + @"/[0-9A-Za-z_\-]+\z")]
    private static partial Regex MxcUri();

    [GeneratedRegex(@"^[0-9A-Za-z+/]*\z")]
    private static partial Regex UnpaddedBase64();

    [GeneratedRegex(@"^[0-9A-Za-z_\-]*\z")]
    private static partial Regex UrlSafeBase64();
}
