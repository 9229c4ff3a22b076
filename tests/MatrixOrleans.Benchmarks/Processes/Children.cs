using System.Diagnostics;

namespace MatrixOrleans.Benchmarks.Processes;

/// <summary>Processes that this one started: none of them outlives it, however it ends (but for SIGKILL).</summary>
internal static class Children
{
    private static readonly List<Process> Started = [];

    static Children()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();
    }

    public static void Add(Process process)
    {
        lock (Started)
        {
            Started.RemoveAll(p => p.HasExited);
            Started.Add(process);
        }
    }

    private static void EndAll()
    {
        lock (Started)
        {
            foreach (var process in Started.Where(p => !p.HasExited))
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
