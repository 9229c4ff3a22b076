using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Durability;

/// <summary>A crash at any moment loses no acknowledged event, doubles none, and no sync token skips one.</summary>
public sealed class CrashTests
{
    private const int Senders = 4;
    private const int Kills = 3;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    [Fact]
    public Task SIGKILL_under_load_loses_doubles_and_skips_nothing_on_SQLite() => RunAsync(new ServerOptions(), gracefully: false);

    [Fact]
    public async Task SIGKILL_under_load_loses_doubles_and_skips_nothing_on_PostgreSQL()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync();
        await RunAsync(new ServerOptions { Database = $"postgres:{database.ConnectionString}" }, gracefully: false);
    }

    [Fact]
    public Task A_stop_under_load_loses_doubles_and_skips_nothing() => RunAsync(new ServerOptions(), gracefully: true);

    private static async Task RunAsync(ServerOptions options, bool gracefully)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(options);
        TestScope scope = new(server.BaseAddress, "localhost");
        TestClient owner = await scope.User("owner");
        string room = await owner.CreatePublicRoom();
        List<StubbornSender> senders = [];
        for (int i = 0; i < Senders; i++)
        {
            TestClient client = await scope.User("sender");
            await client.Join(room);
            senders.Add(new StubbornSender(client, room));
        }
        // One reader whose timelines fit, and one that has gaps to fill.
        FaithfulReader[] readers = [new(owner, room, 100), new(await owner.SecondDevice(), room, 2)];
        foreach (FaithfulReader reader in readers)
        {
            await reader.StartAsync();
        }

        List<string> events = [];
        using CancellationTokenSource stopSending = new();
        using CancellationTokenSource stopReading = new();
        Task[] sending = [.. senders.Select(s => Task.Run(() => s.RunAsync(stopSending.Token)))];
        Task[] reading = [.. readers.Select(r => Task.Run(() => r.RunAsync(stopReading.Token)))];
        for (int kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(Between);
            events.Add($"  {DateTime.UtcNow:HH:mm:ss.fff} the server is ended");
            await (gracefully ? server.StopAsync() : server.KillAsync());
            await server.StartAgainAsync();
            events.Add($"  {DateTime.UtcNow:HH:mm:ss.fff} the server is ready again");
        }
        await Task.Delay(Between);
        await stopSending.CancelAsync();
        await Task.WhenAll(sending).WaitAsync(TimeSpan.FromSeconds(60));
        await stopReading.CancelAsync();
        await Task.WhenAll(reading).WaitAsync(TimeSpan.FromSeconds(60));

        Acknowledged[] acknowledged = [.. senders.SelectMany(s => s.Acknowledged)];
        Delivered[] walk = [.. FaithfulReader.Marked(await owner.WalkMessages(room, "f", 100))];
        IReadOnlyList<string> problems = DeliveryChecker.Check(acknowledged, walk, [.. readers.Select(r => r.Stream)]);
        string around = string.Join('\n', walk.Where(e => problems.Any(p => p.Contains(e.EventId, StringComparison.Ordinal))).Take(5)
            .SelectMany(e => readers.SelectMany(r => r.Around(e.EventId, walk)).Prepend($"  around {e.EventId}")));
        Assert.True(problems.Count == 0, $"{acknowledged.Length} acknowledged, {walk.Length} stored:\n{string.Join('\n', problems.Take(40))}\n{string.Join('\n', events)}\n{around}");
        Assert.All(senders, s => Assert.True(s.Acknowledged.Count > Kills, $"only {s.Acknowledged.Count} sends were acknowledged"));
        Assert.True(senders.Sum(s => s.Repeats) > 0, "no send was ever interrupted: the test tested nothing");
        Assert.True(readers[1].Gaps > 0, "the second reader had no gap to fill");
        string[] violations = [.. scope.Violations.Where(v => !v.Contains(" -> 503", StringComparison.Ordinal) && !v.Contains(" -> 504", StringComparison.Ordinal)).Distinct()];
        Assert.True(violations.Length == 0, string.Join('\n', violations));
    }
}
