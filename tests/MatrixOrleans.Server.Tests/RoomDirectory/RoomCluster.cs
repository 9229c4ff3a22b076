using System.Text;
using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains;
using MatrixOrleans.Grains.Directory;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;

namespace MatrixOrleans.Server.Tests.RoomDirectory;

/// <summary>A silo with a database of its own and two tenants; rooms are made and used through grains.</summary>
public sealed class RoomCluster : IAsyncDisposable
{
    public static readonly UserId Alice = UserId.Parse("@alice:one.test");
    public static readonly UserId Bob = UserId.Parse("@bob:one.test");
    public static readonly UserId Zoe = UserId.Parse("@zoe:two.test");

    private readonly string _folder;
    private readonly InProcessTestCluster _cluster;

    private RoomCluster(string folder, Database database, InProcessTestCluster cluster) => (_folder, Database, _cluster) = (folder, database, cluster);

    public Database Database { get; }

    public IGrainFactory Grains => _cluster.Client;

    public IAliasGrain Aliases => Grains.GetGrain<IAliasGrain>(0);

    public IMembershipGrain Memberships => Grains.GetGrain<IMembershipGrain>(0);

    public IRoomDirectoryGrain PublishedRooms => Grains.GetGrain<IRoomDirectoryGrain>("one.test");

    public static async Task<RoomCluster> Start(TimeProvider? time = null)
    {
        var cancel = TestContext.Current.CancellationToken;
        time ??= TimeProvider.System;
        var folder = Directory.CreateTempSubdirectory("rooms-").FullName;
        var database = await Database.OpenAsync(new DatabaseOptions { ConnectionString = Path.Combine(folder, "test.db"), SynchronousFull = false }, time, NullLoggerFactory.Instance, cancel);
        await database.MigrateAsync(cancel);
        await database.StartWriterAsync(cancel);
        var keys = new TenantKeys(database, time);
        await keys.Open(ServerName.Parse("one.test"));
        await keys.Open(ServerName.Parse("two.test"));

        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSiloHost((_, host) => host.Services
            .AddSingleton(database)
            .AddSingleton(time)
            .AddSingleton<ISessionInvalidations>(new SessionInvalidations())
            .AddGrains()
            .AddSingleton(keys));
        var cluster = builder.Build();
        await cluster.DeployAsync(cancel);
        return new RoomCluster(folder, database, cluster);
    }

    public async Task<RoomId> Create(UserId creator, string request = "{}") => await Grains.GetGrain<IRoomFactoryGrain>(0).Create(creator, Encoding.UTF8.GetBytes(request));

    public async Task Join(RoomId room, UserId user, bool guest = false) =>
        await Memberships.Enter(new EnterRequest { Action = MembershipAction.Join, User = user, Room = room, IsGuest = guest });

    public async Task<SendAnswer> SetState(RoomId room, UserId user, string type, string content) =>
        await Grains.GetGrain<IRoomGrain>(room.Value).Send(new SendRequest { Sender = user, Type = type, StateKey = "", Content = Encoding.UTF8.GetBytes(content) });

    /// <summary>The content of a state event as it is committed.</summary>
    public async Task<JsonElement?> State(RoomId room, StateKey key) => await (await CurrentState.Load(Database, room))!.Content(key);

    /// <summary>Sets global account data as the user would.</summary>
    public Task SetAccountData(UserId user, string type, string content) =>
        Database.Writer.Append(new AppendUnit { Users = [new AccountDataSet(user.Value, null, null, type, Encoding.UTF8.GetBytes(content))] });

    public Task SetProfile(UserId user, string field, string value) =>
        Database.Writer.Append(new AppendUnit { Users = [new ProfileSet(user.Value, field, JsonSerializer.SerializeToUtf8Bytes(value))] });

    /// <summary>The refusal that an action must end in.</summary>
    public static async Task<MatrixError> Refusal(Func<ValueTask> action) => (await Assert.ThrowsAsync<MatrixException>(async () => await action())).Code;

    public static async Task<MatrixError> Refusal<T>(Func<Task<T>> action) => (await Assert.ThrowsAsync<MatrixException>(async () => await action())).Code;

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A clock that stands still.</summary>
public sealed class StoppedTime : TimeProvider
{
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    public override DateTimeOffset GetUtcNow() => _now;
}
