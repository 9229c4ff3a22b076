using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>How fast a server is there, and what it holds in memory while nothing happens.</summary>
internal static class MemoryFigures
{
    private const int Starts = 3;
    private const double StartSecondsAim = 3;
    private const double MegabytesAim = 200;

    /// <summary>After it the server has collected what it wanted to collect.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public static async Task Run(Benchmark benchmark, DatabaseChoice database)
    {
        var rooms = benchmark.Options.Quick ? 500 : 2000;
        var waiters = benchmark.Options.Quick ? 250 : 1000;
        await using var server = await benchmark.NewServer(database);
        var first = server.StartedIn;
        var again = new List<double>();
        var ready = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            await server.Stop();
            await server.StartAgain();
            again.Add(server.StartedIn.TotalSeconds);
            ready.Add(server.ReadyIn.TotalSeconds);
        }

        again.Sort();
        ready.Sort();
        await Task.Delay(Settling);
        var afterStart = ProcessUsage.ResidentMegabytes(server.Id);

        using var setup = new Setup(server);
        Report.Progress($"{rooms} idle rooms");
        var creator = (await setup.Users("creator", 1))[0];
        await setup.Rooms(creator, "First", 100);
        await Task.Delay(Settling);
        var before = ProcessUsage.ResidentMegabytes(server.Id);
        await setup.Rooms(creator, "Idle", rooms);
        await Task.Delay(Settling);
        var withRooms = ProcessUsage.ResidentMegabytes(server.Id);

        Report.Progress($"{waiters} idle clients");
        var users = await setup.Users("idle", waiters);
        var meeting = await setup.Room(creator, "Meeting");
        await setup.Join(users.Select(user => (user, meeting)));
        var waiting = await LiveSync.Start(server, users[..1], new LiveSyncOptions(10, TimeSpan.Zero, Records: false));
        await Task.Delay(Settling);
        var beforeClients = ProcessUsage.ResidentMegabytes(server.Id);
        var clients = await LiveSync.Start(server, users[1..], new LiveSyncOptions(10, TimeSpan.Zero, Records: false));
        await Task.Delay(Settling);
        var withClients = ProcessUsage.ResidentMegabytes(server.Id);
        var window = new CpuWindow(server);
        await Task.Delay(Settling);
        var idle = window.End();
        await LiveSync.End([.. waiting, .. clients]);

        await server.Stop();
        await server.StartAgain();
        await Task.Delay(Settling);
        var afterRestart = ProcessUsage.ResidentMegabytes(server.Id);
        benchmark.Report.Table(
            $"Memory and start on {database.Name}",
            "Resident memory of the server's process as the kernel counts it, 5 s after the last request, garbage that it has not collected yet included. An idle room was used once and its grain is still active.",
            [
                new Figure("start to first answer, empty database to be made", Text.Of($"{first.TotalSeconds:0.00} s"), Text.Of($"< {StartSecondsAim:0} s"), first.TotalSeconds < StartSecondsAim),
                new Figure("start to first answer, the database is there", Text.Of($"{again[Starts / 2]:0.00} s (median of {Starts})"), Text.Of($"< {StartSecondsAim:0} s"), again[Starts / 2] < StartSecondsAim),
                new Figure("start to ready: warmed up", Text.Of($"{ready[Starts / 2]:0.00} s (median of {Starts})")),
                new Figure("memory after start", Text.Of($"{afterStart:0} MB"), Text.Of($"< {MegabytesAim:0} MB"), afterStart < MegabytesAim),
                new Figure("memory per 1,000 idle rooms", Text.Of($"{(withRooms - before) * 1000 / rooms:0.0} MB (measured with {rooms})")),
                new Figure("memory per 1,000 idle waiting clients", Text.Of($"{(withClients - beforeClients) * 1000 / (waiters - 1):0.0} MB (measured with {waiters - 1})")),
                new Figure("processors in use while they wait", Text.Of($"{idle.Server / idle.Seconds:0.000}")),
                new Figure("memory after a restart with all these rooms and users", Text.Of($"{afterRestart:0} MB")),
            ]);
    }
}
