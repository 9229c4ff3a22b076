using System.Globalization;

namespace MatrixOrleans.Protocol.Sync.Sliding;

/// <summary>
/// Names an answer of a sliding-sync connection (<c>pos</c>). What the connection was told lives in memory under it; the place in the log also serves
/// as a place to read pages from. Written <c>p1_life_number_log</c>.
/// </summary>
/// <param name="Life">Which life of the connection the number counts in.</param>
/// <param name="Number">Which answer it was.</param>
/// <param name="LogPosition">The log was answered up to here.</param>
public readonly record struct SlidingPos(uint Life, long Number, long LogPosition)
{
    private const string Prefix = "p1";

    public static bool TryParse(string? text, out SlidingPos pos)
    {
        pos = default;
        if (text is null || text.Length > TokenText.LengthMax || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = text.AsSpan(Prefix.Length);
        if (!TokenText.TakeNumber(ref rest, 0, out var life) || life > uint.MaxValue
            || !TokenText.TakeNumber(ref rest, 0, out var number)
            || !TokenText.TakeNumber(ref rest, 0, out var log)
            || !rest.IsEmpty)
        {
            return false;
        }

        pos = new SlidingPos((uint)life, number, log);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}_{Life}_{Number}_{LogPosition}");
}
