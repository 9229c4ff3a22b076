using System.Globalization;
using System.Runtime.InteropServices;

namespace MatrixOrleans.Benchmarks.Reports;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    public static string Describe(string dataFolder)
    {
        var model = Value("/proc/cpuinfo", "model name") ?? "unknown processor";
        var memory = double.Parse((Value("/proc/meminfo", "MemTotal") ?? "0 kB").Split(' ')[0], CultureInfo.InvariantCulture) * 1024 / 1e9;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} processors ({model}), {memory:0} GB of memory, {RuntimeInformation.OSDescription}, .NET {Environment.Version}, data on {FileSystem(dataFolder)} (a flush of 4 KB takes {FlushMilliseconds(dataFolder):0.0} ms), load average before: {Load()}");
    }

    private static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]);

    private static string? Value(string file, string name) => File.ReadLines(file)
        .Where(l => l.StartsWith(name, StringComparison.Ordinal))
        .Select(l => l[(l.IndexOf(':') + 1)..].Trim())
        .FirstOrDefault();

    private static string FileSystem(string folder) => File.ReadLines("/proc/mounts")
        .Select(l => l.Split(' '))
        .Where(m => folder.StartsWith(m[1], StringComparison.Ordinal))
        .OrderByDescending(m => m[1].Length)
        .Select(m => m[2])
        .FirstOrDefault("an unknown file system");

    /// <summary>The median of writing a page to the end of a file and flushing it: what a durable commit waits for.</summary>
    private static double FlushMilliseconds(string folder)
    {
        const int flushes = 50;
        var path = Path.Combine(folder, "flush-probe");
        var times = new List<double>(flushes);
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            var page = new byte[4096];
            for (var i = 0; i < flushes; i++)
            {
                var started = System.Diagnostics.Stopwatch.GetTimestamp();
                file.Write(page);
                file.Flush(flushToDisk: true);
                times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }

        File.Delete(path);
        times.Sort();
        return times[flushes / 2];
    }
}
