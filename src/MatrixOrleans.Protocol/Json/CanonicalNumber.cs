using System.Globalization;
using System.Text;

namespace MatrixOrleans.Protocol.Json;

/// <summary>Numbers of canonical JSON: integers within 2^53-1, and what room versions 1-5 take beside.</summary>
internal static class CanonicalNumber
{
    /// <returns>Why the number cannot be written; <c>null</c> when it was.</returns>
    public static string? Write(ReadOnlySpan<byte> text, ByteBuffer output, CanonicalRules rules)
    {
        var plain = text.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0;
        if (plain && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            if (integer == 0)
            {
                // -0 too. Strictly it must not appear at all; written as 0 it hashes as other servers hash it.
                output.Write("0"u8);
                return null;
            }

            if (rules == CanonicalRules.Strict && integer is > CanonicalJson.IntegerMax or < -CanonicalJson.IntegerMax)
            {
                return "an integer beyond 2^53-1";
            }

            output.Write(text);
            return null;
        }

        if (rules == CanonicalRules.Strict)
        {
            return plain ? "an integer beyond 2^53-1" : "a number that is not an integer";
        }

        if (plain)
        {
            output.Write(text);
            return null;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
        {
            return "a number out of range";
        }

        if (text.IndexOfAny((byte)'e', (byte)'E') >= 0 && value == Math.Truncate(value) && Math.Abs(value) <= CanonicalJson.IntegerMax)
        {
            // The specification's example: 1e10 is written 10000000000.
            output.Write(Encoding.ASCII.GetBytes(((long)value).ToString(CultureInfo.InvariantCulture)));
            return null;
        }

        output.Write(Encoding.ASCII.GetBytes(FloatText(value)));
        return null;
    }

    /// <summary>
    /// A float as the specification's reference code writes it, so that it hashes as it did where it was made: the shortest digits that give the same
    /// value, <c>.0</c> behind whole numbers, an exponent of at least two digits below 1e-4 and from 1e16 on.
    /// </summary>
    private static string FloatText(double value)
    {
        var shortest = Math.Abs(value).ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision < 16; precision++)
        {
            var candidate = Math.Abs(value).ToString("E" + precision, CultureInfo.InvariantCulture);
            if (double.Parse(candidate, CultureInfo.InvariantCulture) == Math.Abs(value))
            {
                shortest = candidate;
                break;
            }
        }

        // d.dddE+ddd: the digits, and the power of ten of the first.
        var mark = shortest.IndexOf('E', StringComparison.Ordinal);
        var digits = shortest[..mark].Replace(".", "", StringComparison.Ordinal);
        var power = int.Parse(shortest.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var sign = double.IsNegative(value) ? "-" : "";
        if (power is < -4 or >= 16)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(power < 0 ? '-' : '+')}{Math.Abs(power):00}");
        }

        if (power < 0)
        {
            return sign + "0." + new string('0', -power - 1) + digits;
        }

        return digits.Length <= power + 1
            ? sign + digits.PadRight(power + 1, '0') + ".0"
            : sign + digits[..(power + 1)] + "." + digits[(power + 1)..];
    }
}
