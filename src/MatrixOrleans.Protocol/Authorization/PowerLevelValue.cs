using System.Globalization;
using System.Text.Json;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>One level in a power level event, as each room version writes it.</summary>
internal static class PowerLevelValue
{
    /// <summary>Bound of what is read; below <see cref="PowerLevels.Creator"/>, which no event can give.</summary>
    private const long Max = long.MaxValue - 1;

    public static bool TryRead(JsonElement value, RoomVersion version, out long level)
    {
        level = 0;
        if (value.ValueKind == JsonValueKind.Number)
        {
            if (value.TryGetInt64(out level))
            {
                level = Math.Clamp(level, -Max, Max);
                return true;
            }

            return !version.IntegerPowerLevels && TryReadFloat(value, out level);
        }

        // v1-v9: "each of the integer-valued properties … can be encoded as strings instead of integers."
        return !version.IntegerPowerLevels && value.ValueKind == JsonValueKind.String && TryReadText(value.GetString()!, out level);
    }

    /// <summary>
    /// v1-v5 (later versions have no floats in events): the value is truncated at the decimal point; what is beyond the range of a
    /// double is refused.
    /// </summary>
    private static bool TryReadFloat(JsonElement value, out long level)
    {
        level = 0;
        if (!value.TryGetDouble(out var number) || !double.IsFinite(number))
        {
            return false;
        }

        level = number >= Max ? Max : number <= -Max ? -Max : (long)Math.Truncate(number);
        return true;
    }

    /// <summary>White space, at most one sign, decimal digits, white space.</summary>
    private static bool TryReadText(ReadOnlySpan<char> text, out long level)
    {
        level = 0;
        text = text.Trim();
        var negative = text is ['-', ..];
        var digits = text is ['-' or '+', ..] ? text[1..] : text;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        level = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, Max) : Max;
        level = negative ? -level : level;
        return true;
    }
}
