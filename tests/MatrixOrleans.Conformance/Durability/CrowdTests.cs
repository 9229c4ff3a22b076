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
        Assert.Empty(DeliveryChecker.Check([.. acknowledged.SelectMany(a => a)], walk, [.. readers.Select(r => r.Stream)]));
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
