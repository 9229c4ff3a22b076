using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Figures;

internal static class ResolutionFigures
{
    public static void Run(Benchmark benchmark) => _ = benchmark;
}
