using System.Diagnostics;
using System.Threading.Channels;
using MatrixOrleans.Benchmarks.Processes;

namespace MatrixOrleans.Benchmarks.Load;

/// <summary>
/// Sends at a given rate, whatever the server does. A send's latency counts from when it was due, so that one which had to wait for a slow
/// one before it is as slow as it would have been to its user (no coordinated omission).
/// </summary>
internal static class OpenLoop
{
    public static async Task<OpenLoopResult> Run(
        HomeserverProcess server, IReadOnlyList<Sender> senders, IReadOnlyList<string> rooms, double perSecond, TimeSpan warmUp, TimeSpan measured)
    {
        var due = Channel.CreateUnbounded<Due>(new UnboundedChannelOptions { SingleWriter = true });
        var workers = senders.Select(sender => Task.Run(() => Work(due.Reader, sender))).ToList();
        CpuWindow? window = null;
        CpuUse use = default;
        var pacer = new Thread(() =>
        {
            var started = Stopwatch.GetTimestamp();
            var count = (long)((warmUp + measured).TotalSeconds * perSecond);
            var warm = (long)(warmUp.TotalSeconds * perSecond);
            for (long i = 0; i < count; i++)
            {
                var at = started + (long)(i * Stopwatch.Frequency / perSecond);
                while (Stopwatch.GetTimestamp() < at)
                {
                    Thread.Sleep(1);
                }

                if (i == warm)
                {
                    window = new CpuWindow(server);
                }

                due.Writer.TryWrite(new Due(at, rooms[(int)(i % rooms.Count)], i >= warm));
            }

            use = window?.End() ?? default;
            due.Writer.Complete();
        });
        pacer.Start();
        var sends = (await Task.WhenAll(workers)).SelectMany(s => s).ToList();
        pacer.Join();
        return new OpenLoopResult(sends, use);
    }

    private static async Task<List<TimedSend>> Work(ChannelReader<Due> due, Sender sender)
    {
        var sends = new List<TimedSend>();
        while (await due.WaitToReadAsync())
        {
            while (due.TryRead(out var next))
            {
                var started = Stopwatch.GetTimestamp();
                var sent = await sender.Send(next.Room);
                if (next.Measured)
                {
                    sends.Add(new TimedSend(sent.Number, next.At, started, sent.AcknowledgedAt));
                }
            }
        }

        return sends;
    }

    private readonly record struct Due(long At, string Room, bool Measured);
}

/// <summary>Timestamps of one send.</summary>
/// <param name="AcknowledgedAt"><c>null</c> when it was refused.</param>
internal readonly record struct TimedSend(long Number, long DueAt, long StartedAt, long? AcknowledgedAt);

/// <summary>The sends of the measured time.</summary>
internal sealed record OpenLoopResult(IReadOnlyList<TimedSend> Sends, CpuUse Use)
{
    public int Refused => Sends.Count(s => s.AcknowledgedAt is null);

    public Latencies Latencies { get; } = new(Sends.Where(s => s.AcknowledgedAt is not null).Select(s => s.AcknowledgedAt!.Value - s.DueAt));
}
