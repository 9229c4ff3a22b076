using MatrixOrleans.Benchmarks;
using MatrixOrleans.Benchmarks.Figures;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;

if (args is ["--help"])
{
    Console.WriteLine(BenchmarkOptions.Usage);
    return 0;
}

BenchmarkOptions options;
try
{
    options = BenchmarkOptions.Parse(args);
}
catch (FormatException error)
{
    await Console.Error.WriteLineAsync(error.Message + "\n" + BenchmarkOptions.Usage);
    return 2;
}

// PostgreSQL may run as another user, who must get through to its own folder.
var folder = Directory.CreateDirectory(Path.Combine(options.WorkDir ?? Path.GetTempPath(), $"matrix-orleans-bench-{Environment.ProcessId}")).FullName;
File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
Console.CancelKeyPress += (_, _) => Directory.Delete(folder, recursive: true);
try
{
    var report = new Report(options.Output);
    report.Line($"Machine: {Machine.Describe(folder)}");
    report.Line($"Command: `{string.Join(' ', ["./bench", .. options.Asked])}`");
    var benchmark = new Benchmark(options, report, folder, options.Server ?? Path.Combine(AppContext.BaseDirectory, "matrix-orleans.dll"));
    if (options.Parts.Contains("resolution"))
    {
        await Part(report, "resolution", ResolutionFigures.Run(benchmark));
    }

    if (options.Parts.Contains("thumbnails"))
    {
        await Part(report, "thumbnails", ThumbnailFigures.Run(benchmark));
    }

    foreach (var name in options.Databases)
    {
        if (name == "sqlite")
        {
            await RunOn(benchmark, new SqliteChoice());
        }
        else if (PostgresProcess.Binaries is null)
        {
            report.Line("\nPostgreSQL is not installed (Debian package `postgresql`): left out.");
        }
        else
        {
            await using var postgres = await PostgresProcess.Start(benchmark.NewFolder("postgres"));
            report.Line("\n" + await postgres.Describe());
            await RunOn(benchmark, new PostgresChoice(postgres));
        }
    }

    report.Line($"\n{report.Missed} aims missed, {report.Failed} parts failed");
    return report.Failed == 0 ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static async Task RunOn(Benchmark benchmark, DatabaseChoice database)
{
    foreach (var part in BenchmarkOptions.AllParts.Where(p => p is not ("resolution" or "thumbnails") && benchmark.Options.Parts.Contains(p)))
    {
        Report.Progress($"{part} on {database.Name}");
        await Part(benchmark.Report, $"{part} on {database.Name}", part switch
        {
            "sends" => SendFigures.Run(benchmark, database),
            "delivery" => DeliveryFigures.Run(benchmark, database),
            "sync" => SyncFigures.Run(benchmark, database),
            "sliding" => SlidingFigures.Run(benchmark, database),
            "memory" => MemoryFigures.Run(benchmark, database),
            "storage" => StorageFigures.Run(benchmark, database),
            "todevice" => ToDeviceFigures.Run(benchmark, database),
            "search" => SearchFigures.Run(benchmark, database),
            _ => Task.CompletedTask,
        });
    }
}

// A part that fails does not take the others with it.
static async Task Part(Report report, string name, Task part)
{
    try
    {
        await part;
    }
    catch (Exception error)
    {
        report.Fail(name, error);
    }
}
