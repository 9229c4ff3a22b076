using System.Globalization;
using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>How measured values are written.</summary>
internal static class Text
{
    public static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public static string Of(Latencies latencies) => Of($"p50 {latencies.P50:0.0} ms, p99 {latencies.P99:0.0} ms, longest {latencies.Max:0} ms");

    /// <summary>Who used the processors, in processors.</summary>
    public static string Of(CpuUse use) =>
        Of($"server {use.Server / use.Seconds:0.00}, database {use.Database / use.Seconds:0.00}, load generator {use.Generator / use.Seconds:0.00}");
}
