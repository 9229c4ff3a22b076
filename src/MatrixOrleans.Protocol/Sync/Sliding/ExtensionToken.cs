using System.Globalization;

namespace MatrixOrleans.Protocol.Sync.Sliding;

/// <summary>Where an extension of a sliding sync stands by itself, whatever becomes of the connection: a place in the log. Written <c>x1_log</c>.</summary>
public static class ExtensionToken
{
    private const string Prefix = "x1";

    public static string Text(long position) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}_{position}");

    public static bool TryParse(string? text, out long position)
    {
        position = 0;
        if (text is null || text.Length > TokenText.LengthMax || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = text.AsSpan(Prefix.Length);
        return TokenText.TakeNumber(ref rest, 0, out position) && rest.IsEmpty;
    }
}
