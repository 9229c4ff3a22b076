using System.Collections.Concurrent;
using MatrixOrleans.Grains.Consumers;
using MatrixOrleans.Server.Tests.Storage;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace MatrixOrleans.Server.Tests.Consumers;

/// <summary>A consumer whose effect is one row for each row of the log that it was given, in a table that forbids none twice.</summary>
internal sealed class SeenRows(string name, ConsumerStart start = ConsumerStart.Beginning) : ILogConsumer
{
    private TaskCompletionSource? _gate;
    private TaskCompletionSource _entered = new();

    public string Name => name;

    public ConsumerStart Start => start;

    public IReadOnlySet<LogKind> Kinds { get; } = new HashSet<LogKind> { LogKind.Event, LogKind.AccountData };

    /// <summary>Rows of these partitions fail.</summary>
    public ConcurrentDictionary<int, bool> Failing { get; } = [];

    public ConcurrentQueue<int> Sizes { get; } = [];

    /// <summary>Whether rows lead to effects.</summary>
    public bool Writes { get; init; } = true;

    public int Commits { get; private set; }

    /// <summary>The next batch waits until the gate is opened.</summary>
    public Task Close()
    {
        (_gate, _entered) = (new(), new());
        return _entered.Task;
    }

    public void Open() => _gate?.TrySetResult();

    public static Task MakeTable(Database database) =>
        database.Writer.Execute((session, _) => session.Execute(
            $"create table seen (number {(session.Dialect.IsPostgres ? "bigserial" : "integer")} primary key, consumer text not null, part bigint not null, pos bigint not null)"));

    public async ValueTask<ConsumerEffects> Handle(ConsumerBatch batch, CancellationToken cancel)
    {
        Sizes.Enqueue(batch.Rows.Count);
        if (_gate is { } gate)
        {
            _entered.TrySetResult();
            await gate.Task.WaitAsync(cancel);
        }

        if (batch.Rows.Any(row => Failing.ContainsKey(row.Part)))
        {
            throw new InvalidOperationException("A row that fails");
        }

        return !Writes ? ConsumerEffects.None : ConsumerEffects.Of(
            async (session, _) =>
            {
                foreach (var row in batch.Rows)
                {
                    await session.Execute(
                        "insert into seen (consumer, part, pos) values (@consumer, @part, @pos)", ("consumer", name), ("part", (long)row.Part), ("pos", row.Position));
                }
            },
            () => Commits++);
    }

    public async Task<IReadOnlyList<long>> Seen(Database database) =>
        await database.Source.Query("select pos from seen where consumer = @name order by pos", static reader => reader.GetInt64(0), ("name", name));

    /// <summary>Waits until as many rows were seen.</summary>
    public async Task Until(Database database, int count)
    {
        var until = Environment.TickCount64 + 30_000;
        while ((await Seen(database)).Count < count)
        {
            Assert.True(Environment.TickCount64 < until, $"{(await Seen(database)).Count} of {count} rows were seen");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}

/// <summary>Silos that read the log of one database, quickly.</summary>
internal static class Hosts
{
    public static readonly ConsumerOptions Quick = new()
    {
        BeatEvery = TimeSpan.FromMilliseconds(100),
        HolderLasts = TimeSpan.FromMilliseconds(600),
        LookEvery = TimeSpan.FromMilliseconds(50),
        RetryFirst = TimeSpan.FromMilliseconds(20),
        RowsMax = 50,
    };

    public static async Task<ConsumerHost> Start(Database database, ConsumerOptions? options = null, params ILogConsumer[] consumers)
    {
        var host = new ConsumerHost(database, consumers, options ?? Quick, TimeProvider.System, NullLogger<ConsumerHost>.Instance);
        await host.Start(TestContext.Current.CancellationToken);
        return host;
    }

    /// <summary>Rooms in as many partitions, each with two events.</summary>
    public static async Task<List<TestRoom>> Rooms(Database database, int count)
    {
        var rooms = new List<TestRoom>();
        for (var i = 0; i < count; i++)
        {
            rooms.Add(await TestRoom.New(database));
            await rooms[i].Create();
        }

        return rooms;
    }

    /// <summary>One message in each room, again and again.</summary>
    public static async Task Say(Database database, IReadOnlyList<TestRoom> rooms, int count)
    {
        var tasks = new List<Task<AppendResult>>();
        for (var i = 0; i < count; i++)
        {
            tasks.Add(database.Writer.Append(await rooms[i % rooms.Count].Message()));
        }

        await Task.WhenAll(tasks);
    }
}
