using System.Diagnostics;

namespace MatrixOrleans.Benchmarks.Processes;

/// <summary>Processor time of server, database and this generator between two moments.</summary>
internal sealed class CpuWindow
{
    private readonly int _server;
    private readonly int? _database;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly double _serverSeconds;
    private readonly double _databaseSeconds;
    private readonly double _generatorSeconds;

    public CpuWindow(HomeserverProcess server)
    {
        _server = server.Id;
        _database = server.DatabaseId;
        (_serverSeconds, _databaseSeconds, _generatorSeconds) = Read();
    }

    public CpuUse End()
    {
        var (server, database, generator) = Read();
        return new CpuUse(
            Stopwatch.GetElapsedTime(_started).TotalSeconds, server - _serverSeconds, database - _databaseSeconds, generator - _generatorSeconds);
    }

    private (double Server, double Database, double Generator) Read() => (
        ProcessUsage.CpuSeconds(_server),
        _database is { } pid ? ProcessUsage.CpuSecondsOfFamily(pid) : 0,
        ProcessUsage.CpuSeconds(Environment.ProcessId));
}

/// <summary>Seconds on the clock, and of processor time.</summary>
internal readonly record struct CpuUse(double Seconds, double Server, double Database, double Generator)
{
    /// <summary>Microseconds of the server's processor time for each of that many things.</summary>
    public double ServerMicroseconds(long count) => Server * 1e6 / count;

    public double DatabaseMicroseconds(long count) => Database * 1e6 / count;

    public double GeneratorMicroseconds(long count) => Generator * 1e6 / count;
}
