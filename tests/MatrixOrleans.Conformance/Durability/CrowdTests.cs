using System.Text.Json;
using MatrixOrleans.Conformance.Client;
using MatrixOrleans.Conformance.Hosting;

namespace MatrixOrleans.Conformance.Durability;

/// <summary>Many users talk at once in one room of a server that nobody disturbs: every send is answered with 200 and everybody gets everything once, in one order.</summary>
public abstract class CrowdTests(SharedServer server) : ConformanceTest(server)
{
    private const int Users = 8;
    private const int Each = 25;

    [Fact]
    public async Task Everybody_talks_at_once_and_everybody_hears_everything()
    {
        TestClient owner = await User("owner");
        string room = await owner.CreatePublicRoom();
        List<TestClient> users = [];
        for (int i = 0; i < Users; i++)
        {
            users.Add(await User("talker"));
            await users[i].Join(room);
        }
        FaithfulReader[] readers = [.. users.Select((u, i) => new FaithfulReader(u, room, i % 2 == 0 ? 100 : 3))];
        await Task.WhenAll(readers.Select(r => r.StartAsync()));
        using CancellationTokenSource stop = new();
        Task[] reading = [.. readers.Select(r => Task.Run(() => r.RunAsync(stop.Token)))];
        Acknowledged[][] acknowledged = await Task.WhenAll(users.Select(u => Task.Run(() => TalkAsync(u, room))));
        await stop.CancelAsync();
        await Task.WhenAll(reading).WaitAsync(TimeSpan.FromSeconds(60));
        Delivered[] walk = [.. FaithfulReader.Marked(await owner.WalkMessages(room, "f", 100))];
        Assert.Equal(Users * Each, walk.Length);
        IReadOnlyList<string> problems = DeliveryChecker.Check([.. acknowledged.SelectMany(a => a)], walk, [.. readers.Select(r => r.Stream)]);
        string around = string.Join('\n', walk.Where(e => problems.Any(p => p.Contains(e.EventId, StringComparison.Ordinal))).Take(5)
            .SelectMany(e => readers.SelectMany(r => r.Around(e.EventId, walk)).Prepend($"  around {e.EventId}")));
        Assert.True(problems.Count == 0, $"{string.Join('\n', problems)}\n{around}");
    }

    [Fact]
    public async Task What_a_sync_showed_can_be_read_at_once()
    {
        const int messages = 25;
        TestClient alice = await User();
        TestClient bob = await User();
        string room = await alice.CreatePublicRoom();
        await bob.Join(room);
        string token = await bob.SyncToken();
        List<string> missing = [];
        for (int i = 0; i < messages; i++)
        {
            Task<JsonElement> waiting = bob.SyncUntil(token, s => s.Timeline(room).Length > 0);
            // Long enough for the sync to wait, so that the event itself wakes it.
            await Task.Delay(150);
            Task<string> sending = alice.Say(room, $"m{i}");
            JsonElement sync = await waiting;
            token = sync.Str("next_batch");
            string shown = sync.Timeline(room)[^1].Str("event_id");
            Answer page = await bob.Get($"/v3/rooms/{room}/messages?dir=b&limit=1&from={token}");
            Answer one = await bob.Get($"/v3/rooms/{room}/event/{shown}");
            if (one.Status != 200 || page.Ok().List("chunk").Ids().FirstOrDefault() != shown)
            {
                missing.Add($"{i}: /event {one.Status}, /messages {page.Text}");
            }
            await sending;
        }
        Assert.Empty(missing);
    }

    [Fact]
    public async Task Everybody_joins_and_leaves_at_once()
    {
        TestClient owner = await User("owner");
        string room = await owner.CreatePublicRoom();
        TestClient[] users = await Task.WhenAll(Enumerable.Range(0, Users).Select(_ => User("guest")));
        await Task.WhenAll(users.Select(u => u.Join(room)));
        Assert.Equal(Users + 1, (await owner.Get($"/v3/rooms/{room}/joined_members")).Ok().Keys("joined").Length);
        await Task.WhenAll(users.Select(u => u.Leave(room)));
        Assert.Equal([owner.UserId], (await owner.Get($"/v3/rooms/{room}/joined_members")).Ok().Keys("joined"));
        foreach (TestClient user in users)
        {
            Assert.Empty((await user.Get($"/v3/joined_rooms")).Ok().List("joined_rooms"));
        }
    }

    private static async Task<Acknowledged[]> TalkAsync(TestClient user, string room)
    {
        List<Acknowledged> sent = [];
        for (int i = 0; i < Each; i++)
        {
            string marker = $"{user.UserId} {i}";
            sent.Add(new Acknowledged(user.UserId, marker, await user.Say(room, marker)));
        }
        return [.. sent];
    }
}

/// <inheritdoc/>
public sealed class CrowdOnSqlite(SqliteServer server) : CrowdTests(server);

/// <inheritdoc/>
public sealed class CrowdOnPostgres(PostgresServer server) : CrowdTests(server);
