using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Figures;

internal static class StorageFigures
{
    public static Task Run(Benchmark benchmark, DatabaseChoice database) { _ = benchmark; _ = database; return Task.CompletedTask; }
}
