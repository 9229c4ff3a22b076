using System.Diagnostics;
using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>Senders of which each sends its next message when its last one is acknowledged.</summary>
internal sealed class ClosedLoop
{
    private readonly IReadOnlyList<Sender> _senders;
    private readonly IReadOnlyList<string> _rooms;
    private readonly List<long>[] _latencies;
    private volatile bool _measuring;
    private volatile bool _ended;

    private ClosedLoop(IReadOnlyList<Sender> senders, IReadOnlyList<string> rooms)
    {
        _senders = senders;
        _rooms = rooms;
        _latencies = [.. senders.Select(_ => new List<long>(4096))];
    }

    /// <summary>Sends for the warm-up and then for the measured time.</summary>
    public static async Task<LoadResult> Run(HomeserverProcess server, IReadOnlyList<Sender> senders, IReadOnlyList<string> rooms, TimeSpan warmUp, TimeSpan measured)
    {
        var loop = new ClosedLoop(senders, rooms);
        var refusedBefore = senders.Sum(s => s.Refused);
        var tasks = Enumerable.Range(0, senders.Count).Select(i => Task.Run(() => loop.Send(i))).ToList();
        await Task.Delay(warmUp);
        var window = new CpuWindow(server);
        loop._measuring = true;
        await Task.Delay(measured);
        loop._measuring = false;
        var use = window.End();
        loop._ended = true;
        await Task.WhenAll(tasks);
        return new LoadResult(new Latencies(loop._latencies.SelectMany(l => l)), use, senders.Sum(s => s.Refused) - refusedBefore);
    }

    /// <summary>Sends until the server is killed in the midst of it.</summary>
    public static async Task RunUntilKilled(HomeserverProcess server, IReadOnlyList<Sender> senders, IReadOnlyList<string> rooms, TimeSpan after)
    {
        var loop = new ClosedLoop(senders, rooms);
        var tasks = Enumerable.Range(0, senders.Count).Select(i => Task.Run(() => loop.SendUntilLost(i))).ToList();
        await Task.Delay(after);
        await server.Kill();
        await Task.WhenAll(tasks);
    }

    private async Task Send(int index)
    {
        var sender = _senders[index];
        for (var next = index * _rooms.Count / _senders.Count; !_ended; next++)
        {
            var started = Stopwatch.GetTimestamp();
            var sent = await sender.Send(_rooms[next % _rooms.Count]);
            if (sent.AcknowledgedAt is not { } at)
            {
                await Task.Delay(10);
            }
            else if (_measuring)
            {
                _latencies[index].Add(at - started);
            }
        }
    }

    private async Task SendUntilLost(int index)
    {
        try
        {
            await Send(index);
        }
        catch (IOException)
        {
            // The server is gone: what this is for.
        }
    }
}

/// <summary>What a load did in the measured time.</summary>
internal sealed record LoadResult(Latencies Latencies, CpuUse Use, int Refused)
{
    public double PerSecond => Latencies.Count / Use.Seconds;
}
