using System.Diagnostics;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>Durations, sorted, in milliseconds.</summary>
internal sealed class Latencies
{
    private readonly long[] _sorted;

    /// <param name="ticks">Differences of <see cref="Stopwatch"/> timestamps.</param>
    public Latencies(IEnumerable<long> ticks)
    {
        _sorted = [.. ticks];
        Array.Sort(_sorted);
    }

    public int Count => _sorted.Length;

    public double P50 => Quantile(0.5);

    public double P99 => Quantile(0.99);

    public double Max => Quantile(1);

    public double Quantile(double part) =>
        _sorted.Length == 0 ? double.NaN : _sorted[Math.Max(0, (int)Math.Ceiling(part * _sorted.Length) - 1)] * 1000.0 / Stopwatch.Frequency;
}
