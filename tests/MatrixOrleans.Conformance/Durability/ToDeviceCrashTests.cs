using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Durability;

/// <summary>
/// Messages to a device come in order, at most a hundred an answer, again and again until the device presents a later token, and never after that:
/// whatever happens to the server in between.
/// </summary>
public sealed class ToDeviceCrashTests
{
    private const int Messages = 250;
    private const int AnswerMax = 100;

    [Fact]
    public Task Crashes_between_answers_repeat_what_is_not_acknowledged_and_nothing_else_on_SQLite() => RunAsync(new ServerOptions());

    [Fact]
    public async Task Crashes_between_answers_repeat_what_is_not_acknowledged_and_nothing_else_on_PostgreSQL()
    {
        await using PostgresDatabase database = await PostgresDatabase.CreateAsync();
        await RunAsync(new ServerOptions { Database = $"postgres:{database.ConnectionString}" });
    }

    private static async Task RunAsync(ServerOptions options)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(options);
        TestScope scope = new(server.BaseAddress, "localhost");
        TestClient alice = await scope.User("sender");
        TestClient bob = await scope.User("receiver");
        string since = await bob.SyncToken();
        for (int i = 0; i < Messages; i++)
        {
            Dictionary<string, object> messages = new() { [bob.UserId] = new Dictionary<string, object> { [bob.DeviceId] = new { number = i } } };
            (await alice.Put($"/v3/sendToDevice/m.test/{alice.NewTxnId()}", new { messages })).Ok();
        }

        string start = since;
        for (int first = 0; first < Messages; first += AnswerMax)
        {
            long[] expected = [.. Enumerable.Range(first, Math.Min(AnswerMax, Messages - first)).Select(i => (long)i)];
            Assert.Equal(expected, Numbers(await bob.Sync(since)));
            await server.KillAsync();
            await server.StartAgainAsync();
            JsonElement again = await bob.Sync(since);
            Assert.Equal(expected, Numbers(again));
            since = again.Str("next_batch");
        }

        // The last token acknowledges everything, also for one who comes with an older one, and after another crash.
        Assert.Empty(Numbers(await bob.Sync(since)));
        Assert.Empty(Numbers(await bob.Sync(start)));
        await server.KillAsync();
        await server.StartAgainAsync();
        Assert.Empty(Numbers(await bob.Sync(start)));
        Assert.True(scope.Violations.Count == 0, string.Join('\n', scope.Violations.Distinct()));
    }

    private static long[] Numbers(JsonElement sync) => [.. sync.List("to_device", "events").Select(message => message.Int("content", "number"))];
}
