using System.Globalization;

namespace MatrixOrleans.Gateway.Media;

/// <summary>One part of a file (RFC 9110, "Range Requests").</summary>
internal readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>What the header asks for.</summary>
    /// <returns>
    /// <c>null</c> for the whole: no header, another unit, several ranges (which a server may ignore) or a broken one. A length of 0 for a range that
    /// begins behind the end.
    /// </returns>
    public static ByteRange? Read(string? header, long size)
    {
        const string unit = "bytes=";
        if (header is null || !header.StartsWith(unit, StringComparison.OrdinalIgnoreCase) || header.Contains(','))
        {
            return null;
        }

        var range = header.AsSpan(unit.Length).Trim();
        var dash = range.IndexOf('-');
        if (dash < 0 || !TryNumber(range[..dash], out var first) || !TryNumber(range[(dash + 1)..], out var last) || (first is null && last is null))
        {
            return null;
        }

        if (first is null)
        {
            // The last so many bytes.
            var count = Math.Min(last!.Value, size);
            return new ByteRange(size - count, count);
        }

        if (last < first)
        {
            return null;
        }

        return first >= size ? new ByteRange(0, 0) : new ByteRange(first.Value, Math.Min(last ?? (size - 1), size - 1) - first.Value + 1);
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long? number)
    {
        number = null;
        if (text.IsEmpty)
        {
            return true;
        }

        var isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        number = value;
        return isNumber;
    }
}
