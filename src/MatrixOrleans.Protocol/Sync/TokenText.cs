using System.Globalization;

namespace MatrixOrleans.Protocol.Sync;

/// <summary>
/// How tokens are written: a letter that names the kind, the format's version, then numbers, all joined by <c>_</c>.
/// Every token has one spelling only, so equal texts and equal tokens are the same thing.
/// </summary>
internal static class TokenText
{
    /// <summary>Longer than any token that this server gives out.</summary>
    public const int LengthMax = 128;

    /// <summary>Takes the next number of a token off the front of <paramref name="rest"/>.</summary>
    /// <param name="rest">Starts with the separator; afterwards what follows the number.</param>
    public static bool TakeNumber(ref ReadOnlySpan<char> rest, long min, out long value)
    {
        value = 0;
        if (rest.IsEmpty || rest[0] != '_')
        {
            return false;
        }

        rest = rest[1..];
        var end = rest.IndexOf('_');
        var digits = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[end..];
        if (!long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) || value < min)
        {
            return false;
        }

        // One spelling: no plus, no leading zeros, no minus zero.
        return digits[0] == '-' ? digits[1] is >= '1' and <= '9' : digits[0] is >= '1' and <= '9' || digits.Length == 1 && digits[0] == '0';
    }
}
