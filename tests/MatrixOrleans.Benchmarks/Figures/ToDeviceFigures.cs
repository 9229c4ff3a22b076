using MatrixOrleans.Benchmarks.Load;
using MatrixOrleans.Benchmarks.Processes;
using MatrixOrleans.Benchmarks.Reports;

namespace MatrixOrleans.Benchmarks.Figures;

/// <summary>Messages to devices: how many are stored and reach clients that wait for them, each once and in order.</summary>
internal static class ToDeviceFigures
{
    private const int Senders = 16;

    /// <summary>Devices that one request sends to, as a client does that shares a room's key.</summary>
    private const int ReceiversEach = 20;

    /// <summary>How long the last messages may take to arrive before they count as missing.</summary>
    private static readonly TimeSpan Straggling = TimeSpan.FromSeconds(20);

    public static async Task Run(Benchmark benchmark, DatabaseChoice database)
    {
        var options = benchmark.Options;
        var receiverCount = options.Quick ? 80 : 200;
        await using var server = await benchmark.NewServer(database);
        using var setup = new Setup(server);
        var users = await setup.Users("sender", Senders);
        var receivers = await setup.Users("receiver", receiverCount);
        var clients = await LiveSync.Start(server, receivers, new LiveSyncOptions(10, TimeSpan.Zero, Records: true));
        var numbers = new MessageNumbers();
        var senders = users.Select((user, i) => new ToDeviceSender(server, user, numbers, Share(i))).ToArray();

        Report.Progress($"messages to {receiverCount} devices");
        var load = await ToDeviceSender.Run(server, senders, options.WarmUp / 2, options.MeasuredShort);
        var sent = senders.SelectMany((sender, i) => sender.Sent.Select(message => (message.Number, message.At, Sender: i))).ToDictionary(message => message.Number);
        var expected = (long)sent.Count * ReceiversEach;
        for (var end = DateTime.UtcNow + Straggling; DateTime.UtcNow < end && clients.Sum(c => (long)c.Arrivals.Count) < expected;)
        {
            await Task.Delay(100);
        }

        await LiveSync.End(clients);
        var (latencies, doubled, disordered) = Compare(clients, sent);
        foreach (var sender in senders)
        {
            sender.Dispose();
        }

        benchmark.Report.Table(
            $"To-device messages on {database.Name}",
            Text.Of($"{Senders} closed-loop senders, each request with a message of {ToDeviceSender.ContentBytes} bytes for each of {ReceiversEach} devices; {receiverCount} devices wait in /sync and ask again at once; {options.MeasuredShort.TotalSeconds} s, durable commits, rate limiter on with raised limits."),
            [
                new Figure("messages/s", Text.Of($"**{load.PerSecond * ReceiversEach:0}**/s ({load.PerSecond:0} requests/s: p50 {load.Latencies.P50:0.0} ms, p99 {load.Latencies.P99:0.0} ms)")),
                new Figure("CPU a message, server with its database, deliveries included", Text.Of($"{(load.Use.Server + load.Use.Database) * 1e6 / (load.Latencies.Count * ReceiversEach):0} µs")),
                new Figure("processors in use", Text.Of(load.Use)),
                new Figure("from the acknowledgement to the end of the sync's answer", Text.Of(latencies)),
                new Figure("every device gets every message", Text.Of($"{latencies.Count} of {expected}, {doubled} doubled"), "all", latencies.Count == expected && doubled == 0),
                new Figure("messages of one sender that came before an older one", Text.Of($"{disordered}"), "0", disordered == 0),
                new Figure("requests that were refused", Text.Of($"{load.Refused}")),
            ]);

        string[] Share(int sender) => [.. Enumerable.Range(0, ReceiversEach).Select(i => receivers[((sender * ReceiversEach) + (i * 7)) % receiverCount].Id).Distinct()];
    }

    private static (Latencies FromAcknowledgement, int Doubled, int Disordered) Compare(LiveSync[] clients, Dictionary<long, (long Number, long At, int Sender)> sent)
    {
        var latencies = new List<long>();
        var (doubled, disordered) = (0, 0);
        foreach (var client in clients)
        {
            var seen = new HashSet<long>();
            var last = new Dictionary<int, long>();
            foreach (var (number, at) in client.Arrivals.Where(a => sent.ContainsKey(a.Number)))
            {
                if (!seen.Add(number))
                {
                    doubled++;
                    continue;
                }

                var message = sent[number];
                disordered += last.GetValueOrDefault(message.Sender) > number ? 1 : 0;
                last[message.Sender] = number;
                latencies.Add(Math.Max(0, at - message.At));
            }
        }

        return (new Latencies(latencies), doubled, disordered);
    }
}
