using System.Text;

namespace MatrixOrleans.Protocol.Media;

/// <summary>The header <c>Content-Disposition</c> (RFC 6266), written and read.</summary>
public static class ContentDisposition
{
    /// <summary>Longest file name that is kept, in characters.</summary>
    public const int FileNameLengthMax = 1024;

    /// <summary>A file name without what no header can hold; <c>null</c> when nothing is left.</summary>
    public static string? KeepFileName(string? given)
    {
        if (string.IsNullOrEmpty(given))
        {
            return null;
        }

        var name = new StringBuilder(Math.Min(given.Length, FileNameLengthMax));
        foreach (var rune in given.EnumerateRunes())
        {
            if (!Rune.IsControl(rune) && name.Length + rune.Utf16SequenceLength <= FileNameLengthMax)
            {
                name.Append(rune.ToString());
            }
        }

        return name.Length > 0 ? name.ToString() : null;
    }

    /// <summary><c>inline</c> for types that cannot do harm, else <c>attachment</c>; with the file name, if there is one.</summary>
    public static string Write(string contentType, string? fileName) => Write(ContentTypes.IsInline(contentType), fileName);

    /// <summary>The same where the disposition is known.</summary>
    public static string Write(bool inline, string? fileName)
    {
        var disposition = inline ? "inline" : "attachment";
        if (KeepFileName(fileName) is not { } name)
        {
            return disposition;
        }

        return name.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? $"{disposition}; filename*=utf-8''{Uri.EscapeDataString(name)}"
            : $"{disposition}; filename=\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>The file name that another server's header states; <c>filename*</c> before <c>filename</c>; <c>null</c> when there is none.</summary>
    public static string? ReadFileName(string? header)
    {
        if (header is null || header.Length > FileNameLengthMax * 12)
        {
            return null;
        }

        string? plain = null;
        foreach (var (name, value) in Parameters(header))
        {
            if (name.Equals("filename*", StringComparison.OrdinalIgnoreCase) && value.StartsWith("utf-8''", StringComparison.OrdinalIgnoreCase))
            {
                return KeepFileName(Uri.UnescapeDataString(value[7..]));
            }

            if (name.Equals("filename", StringComparison.OrdinalIgnoreCase))
            {
                plain ??= value;
            }
        }

        return KeepFileName(plain);
    }

    private static List<(string Name, string Value)> Parameters(string header)
    {
        const int parametersMax = 16;
        List<(string, string)> found = [];
        var at = header.IndexOf(';');
        while (at >= 0 && found.Count < parametersMax)
        {
            var equals = header.IndexOf('=', at + 1);
            if (equals < 0)
            {
                break;
            }

            var name = header[(at + 1)..equals].Trim();
            var value = new StringBuilder();
            var i = equals + 1;
            while (i < header.Length && header[i] == ' ')
            {
                i++;
            }

            var quoted = i < header.Length && header[i] == '"';
            for (i += quoted ? 1 : 0; i < header.Length && header[i] != (quoted ? '"' : ';'); i++)
            {
                value.Append(quoted && header[i] == '\\' && i + 1 < header.Length ? header[++i] : header[i]);
            }

            found.Add((name, quoted ? value.ToString() : value.ToString().Trim()));
            at = i < header.Length ? header.IndexOf(';', i) : -1;
        }

        return found;
    }
}
