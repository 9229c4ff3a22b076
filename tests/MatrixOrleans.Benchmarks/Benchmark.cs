using System.Globalization;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;

namespace MatrixOrleans.Benchmarks;

/// <summary>What every part of the benchmark is handed.</summary>
internal sealed class Benchmark(BenchmarkOptions options, Report report, string folder, string executable)
{
    private int _folders;

    public BenchmarkOptions Options { get; } = options;

    public Report Report { get; } = report;

    /// <summary>A new folder below the run's own.</summary>
    public string NewFolder(string name) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}{++_folders}"));

    /// <summary>A started server with an empty database.</summary>
    public Task<HomeserverProcess> NewServer(DatabaseChoice database) => HomeserverProcess.Start(executable, NewFolder("server"), database);
}
