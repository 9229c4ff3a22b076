using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Ephemeral;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Grains;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;

namespace MatrixOrleans.Server.Tests.Reading;

/// <summary>A silo with a database of its own, and rooms made through the grains that users' requests go through.</summary>
public sealed class RoomServer : IAsyncDisposable
{
    public static readonly ServerName Tenant = ServerName.Parse("one.test");

    private readonly string _folder;
    private readonly Action<IServiceCollection> _services;
    private InProcessTestCluster _cluster;
    private int _rooms;

    private RoomServer(string folder, Database database, InProcessTestCluster cluster, TypingLog typing, Action<IServiceCollection> services) =>
        (_folder, Database, _cluster, Typing, _services) = (folder, database, cluster, typing, services);

    public Database Database { get; }

    public TypingLog Typing { get; }

    public IGrainFactory Grains => _cluster.Client;

    public Tail Tail => _cluster.Silos[0].ServiceProvider.GetRequiredService<Tail>();

    public static async Task<RoomServer> Start()
    {
        var cancel = TestContext.Current.CancellationToken;
        var folder = System.IO.Directory.CreateTempSubdirectory("rooms-").FullName;
        var database = await Database.OpenAsync(
            new DatabaseOptions { ConnectionString = Path.Combine(folder, "test.db"), SynchronousFull = false }, TimeProvider.System, NullLoggerFactory.Instance, cancel);
        await database.MigrateAsync(cancel);
        await database.StartWriterAsync(cancel);
        var typing = new TypingLog();
        return new RoomServer(folder, database, await Cluster(database, typing, None), typing, None);
    }

    /// <summary>On a database that somebody else ends, with services of the test's own.</summary>
    public static async Task<RoomServer> Start(Database database, Action<IServiceCollection>? services = null)
    {
        var typing = new TypingLog();
        return new RoomServer("", database, await Cluster(database, typing, services ?? None), typing, services ?? None);
    }

    /// <summary>A second silo on the same database that knows nothing of the first: both may have an activation of one room.</summary>
    public async Task<RoomServer> Beside() => new("", Database, await Cluster(Database, Typing, _services), Typing, _services);

    public static UserId User(string localpart) => UserId.Parse($"@{localpart}:{Tenant}");

    /// <summary>Ends all grains, as a restart does.</summary>
    public async Task Restart()
    {
        await _cluster.DisposeAsync();
        _cluster = await Cluster(Database, Typing, _services);
    }

    public IUserGrain Of(UserId user) => Grains.GetGrain<IUserGrain>(user.Value);

    public IRoomReaderGrain Reader(RoomId room) => Grains.GetGrain<IRoomReaderGrain>(room.Value);

    /// <summary>A room of version 11: its creator, whoever else joins, and what history newcomers see.</summary>
    public async Task<RoomId> Room(UserId creator, string visibility = "shared", params UserId[] members)
    {
        var id = RoomId.Parse($"!room{++_rooms}:{Tenant}");
        var keys = new TenantKeys(Database, TimeProvider.System);
        await keys.Open(Tenant);
        var create = EventBuilder.Build(
            new EventTemplate
            {
                RoomId = id,
                Type = EventTypes.Create,
                StateKey = "",
                Sender = creator,
                Content = Utf8(new { room_version = "11" }),
                OriginServerTs = 1,
                Depth = 1,
                PrevEvents = [],
                AuthEvents = [],
            },
            RoomVersions.V11,
            Tenant,
            keys.For(Tenant));
        await Grains.GetGrain<IRoomGrain>(id.Value).Create(new CreateRoomCommand
        {
            Creator = creator,
            RoomVersion = "11",
            CreateEvent = create.Json,
            CreateEventId = create.EventId,
            Events =
            [
                new InitialEvent(EventTypes.Member, creator.Value, Utf8(new { membership = "join" })),
                new InitialEvent(EventTypes.PowerLevels, "", Utf8(new { users = new Dictionary<string, int> { [creator.Value] = 100 } })),
                new InitialEvent(EventTypes.JoinRules, "", Utf8(new { join_rule = "public" })),
                new InitialEvent(EventTypes.HistoryVisibility, "", Utf8(new { history_visibility = visibility })),
            ],
        });
        foreach (var member in members)
        {
            await Member(id, MembershipAction.Join, member);
        }

        return id;
    }

    public async Task<EventId> Say(RoomId room, UserId sender, string text, object? relation = null, string? device = null, string? txn = null)
    {
        var content = new Dictionary<string, object> { ["msgtype"] = "m.text", ["body"] = text };
        if (relation is not null)
        {
            content["m.relates_to"] = relation;
        }

        return (await Grains.GetGrain<IRoomGrain>(room.Value).Send(
            new SendRequest { Sender = sender, Type = EventTypes.Message, Content = Utf8(content), DeviceId = device, TxnId = txn })).EventId;
    }

    public async Task<EventId> Set(RoomId room, UserId sender, string type, object content, string stateKey = "") =>
        (await Grains.GetGrain<IRoomGrain>(room.Value).Send(new SendRequest { Sender = sender, Type = type, StateKey = stateKey, Content = Utf8(content) })).EventId;

    public async Task<EventId> Redact(RoomId room, UserId sender, EventId target) =>
        (await Grains.GetGrain<IRoomGrain>(room.Value).Send(
            new SendRequest { Sender = sender, Type = EventTypes.Redaction, Content = Utf8(new { reason = "spam", redacts = target.Value }), Redacts = target })).EventId;

    public async Task<EventId> Member(RoomId room, MembershipAction action, UserId sender, UserId? target = null) =>
        (await Grains.GetGrain<IRoomGrain>(room.Value).ChangeMembership(
            new MembershipRequest { Action = action, Sender = sender, Target = target ?? sender })).EventId;

    public async Task Forget(RoomId room, UserId user)
    {
        var nid = (await Database.Rooms.Find(room))!.Nid;
        await Database.Writer.Append(new AppendUnit { Users = [new ForgetSet(user.Value, nid)] });
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        if (_folder.Length > 0)
        {
            await Database.DisposeAsync();
            System.IO.Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>Does something that must not read the database. Those who follow the log read it in the background; what reads by itself does so every time.</summary>
    public async Task WithoutReads(Func<Task> run)
    {
        for (var attempt = 0; ; attempt++)
        {
            var reads = Database.Reads;
            await run();
            if (Database.Reads == reads)
            {
                return;
            }

            Assert.True(attempt < 50, "The database was read");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public static byte[] Utf8(object value) => JsonSerializer.SerializeToUtf8Bytes(value);

    public static JsonElement Json(ReadOnlyMemory<byte> json) => JsonElement.Parse(json.Span);

    public static string Text(ReadOnlyMemory<byte> json) => Encoding.UTF8.GetString(json.Span);

    private static void None(IServiceCollection services)
    {
    }

    private static async Task<InProcessTestCluster> Cluster(Database database, TypingLog typing, Action<IServiceCollection> services)
    {
        // Before the silo starts, as the server does: work that was owed begins at once.
        var keys = new TenantKeys(database, TimeProvider.System);
        await keys.Open(Tenant);
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) => With(host.Services).AddSingleton(database).AddGrains().AddSingleton<IEphemeralListener>(typing).AddSingleton(keys));
        var cluster = builder.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        var provider = cluster.Silos[0].ServiceProvider;
        var tail = provider.GetRequiredService<Tail>();
        tail.Begin(await database.Log.MaxPosition());
        database.Writer.Subscribe(tail);
        return cluster;

        IServiceCollection With(IServiceCollection all)
        {
            services(all);
            return all;
        }
    }
}

/// <summary>Remembers what rooms tell of typing.</summary>
public sealed class TypingLog : IEphemeralListener
{
    private readonly Lock _lock = new();
    private readonly List<(RoomId Room, TypingView View)> _told = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<(RoomId Room, TypingView View)> Told
    {
        get
        {
            lock (_lock)
            {
                return [.. _told];
            }
        }
    }

    public void TypingChanged(RoomId room, TypingView view)
    {
        lock (_lock)
        {
            _told.Add((room, view));
            _next.TrySetResult();
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Waits until so many changes were told.</summary>
    public async Task Until(int count)
    {
        while (true)
        {
            Task next;
            lock (_lock)
            {
                if (_told.Count >= count)
                {
                    return;
                }

                next = _next.Task;
            }

            await next.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }
    }
}
