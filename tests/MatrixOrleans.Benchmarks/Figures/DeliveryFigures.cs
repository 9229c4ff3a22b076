using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>From an acknowledged send to its arrival in the syncs that wait for it.</summary>
internal static class DeliveryFigures
{
    /// <summary>How long the last messages may take to arrive before they count as missing.</summary>
    private static readonly TimeSpan Straggling = TimeSpan.FromSeconds(3);

    public static async Task Run(Benchmark benchmark, DatabaseChoice database)
    {
        await using var server = await benchmark.NewServer(database);
        using var setup = new Setup(server);
        var few = await Measure(benchmark, server, setup, waiters: 50, perSecond: 5);
        var waiters = benchmark.Options.Quick ? 200 : 500;
        var many = await Measure(benchmark, server, setup, waiters, perSecond: 50);
        benchmark.Report.Table(
            $"Delivery on {database.Name}",
            Text.Of($"One room, every member waits in /sync and asks again at once; 10 senders, open loop, {benchmark.Options.MeasuredShort.TotalSeconds} s. Times run from the acknowledgement of the send to the end of the sync's answer (0 when that came first)."),
            [
                new Figure("50 waiters, 5 sends/s", Text.Of(few.FromAcknowledgement), "p50 < 10 ms", few.FromAcknowledgement.P50 < 10),
                new Figure("the same, from the moment the send was due", Text.Of(few.FromDue)),
                Complete("50 waiters: every client gets every event", few),
                new Figure($"{waiters} waiters, 50 sends/s", Text.Of(many.FromAcknowledgement), "p50 < 250 ms, p99 < 1 s", many.FromAcknowledgement.P50 < 250 && many.FromAcknowledgement.P99 < 1000),
                new Figure("the same, from the moment the send was due", Text.Of(many.FromDue)),
                Complete($"{waiters} waiters: every client gets every event", many),
                new Figure("deliveries (event x client) per server CPU-second", Text.Of($"{many.Delivered / many.Use.Server:0} ({many.Delivered} deliveries in {many.Answers} answers; {Text.Of(many.Use)})")),
            ]);
    }

    private static Figure Complete(string name, Delivery delivery) => new(
        name, Text.Of($"{delivery.Delivered} of {delivery.Expected}, {delivery.Doubled} doubled"), "all", delivery.Delivered == delivery.Expected && delivery.Doubled == 0);

    private static async Task<Delivery> Measure(Benchmark benchmark, HomeserverProcess server, Setup setup, int waiters, double perSecond)
    {
        Report.Progress($"delivery to {waiters} waiters");
        var senders = await setup.Users($"sender{waiters}n", 10);
        var users = await setup.Users($"waiter{waiters}n", waiters);
        var room = await setup.Room(senders[0], "Waiting room", senders[1]);
        await setup.Join(senders.Skip(1).Concat(users).Select(user => (user, room)));
        var clients = await LiveSync.Start(server, users, new LiveSyncOptions(100, TimeSpan.Zero, Records: true));
        await Task.Delay(TimeSpan.FromSeconds(1));

        var numbers = new MessageNumbers();
        var sending = senders.Select(user => new Sender(server, user, numbers)).ToArray();
        var answersBefore = clients.Sum(c => c.Answers);
        var result = await OpenLoop.Run(server, sending, [room], perSecond, benchmark.Options.WarmUp / 2, benchmark.Options.MeasuredShort);
        var answers = clients.Sum(c => c.Answers) - answersBefore;
        await Task.Delay(Straggling);
        await LiveSync.End(clients);
        foreach (var sender in sending)
        {
            sender.Dispose();
        }

        return Compare(result, clients) with { Answers = answers };
    }

    private static Delivery Compare(OpenLoopResult result, LiveSync[] clients)
    {
        var sends = result.Sends.Where(s => s.AcknowledgedAt is not null).ToDictionary(s => s.Number);
        var fromAcknowledgement = new List<long>();
        var fromDue = new List<long>();
        var doubled = 0;
        foreach (var client in clients)
        {
            var seen = new HashSet<long>();
            foreach (var (number, at) in client.Arrivals.Where(a => sends.ContainsKey(a.Number)))
            {
                if (!seen.Add(number))
                {
                    doubled++;
                    continue;
                }

                fromAcknowledgement.Add(Math.Max(0, at - sends[number].AcknowledgedAt!.Value));
                fromDue.Add(at - sends[number].DueAt);
            }
        }

        return new Delivery(new Latencies(fromAcknowledgement), new Latencies(fromDue), (long)sends.Count * clients.Length, doubled, 0, result.Use);
    }

    private sealed record Delivery(Latencies FromAcknowledgement, Latencies FromDue, long Expected, int Doubled, int Answers, CpuUse Use)
    {
        public int Delivered => FromDue.Count;
    }
}
