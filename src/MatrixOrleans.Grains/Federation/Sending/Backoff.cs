namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>When a failing server is tried again: doubling from a second to an hour, each a fifth earlier or later by chance.</summary>
internal static class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromHours(1);

    /// <param name="failures">In a row, this one included.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan After(int failures, double chance)
    {
        var wait = First * Math.Pow(2, Math.Clamp(failures - 1, 0, 20));
        return (wait < Most ? wait : Most) * (0.8 + (0.4 * chance));
    }
}
