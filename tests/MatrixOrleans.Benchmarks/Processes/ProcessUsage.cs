using System.Globalization;

namespace MatrixOrleans.Benchmarks.Processes;

/// <summary>What the kernel counts about processes (proc(5)).</summary>
internal static class ProcessUsage
{
    /// <summary>USER_HZ, which Linux promises to user space.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Processor time of one process so far, in seconds.</summary>
    public static double CpuSeconds(int pid) => Stat(pid) is { } stat ? (stat.User + stat.System) / TicksPerSecond : 0;

    /// <summary>Processor time of a process, its children, and its children that have ended, in seconds.</summary>
    public static double CpuSecondsOfFamily(int pid)
    {
        var ticks = Stat(pid) is { } own ? own.User + own.System + own.EndedChildren : 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var other) && Stat(other) is { } stat && stat.Parent == pid)
            {
                ticks += stat.User + stat.System;
            }
        }

        return ticks / TicksPerSecond;
    }

    /// <summary>Resident memory of a process in megabytes (10^6 bytes).</summary>
    public static double ResidentMegabytes(int pid) => StatusKilobytes(pid, "VmRSS:") * 1024 / 1e6;

    /// <summary>The most that it ever was.</summary>
    public static double PeakMegabytes(int pid) => StatusKilobytes(pid, "VmHWM:") * 1024 / 1e6;

    private static double StatusKilobytes(int pid, string name)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static ProcessStat? Stat(int pid)
    {
        try
        {
            // The name in parentheses may hold spaces; what follows does not.
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessStat((int)Number(1), Number(11), Number(12), Number(13) + Number(14));

            double Number(int field) => double.Parse(fields[field], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }

    private sealed record ProcessStat(int Parent, double User, double System, double EndedChildren);
}
