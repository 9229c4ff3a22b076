using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Sync;
using MatrixOrleans.Grains.Federation;
using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;
using MatrixOrleans.Server.Tests.Storage;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Rooms;
using Microsoft.Extensions.DependencyInjection;

namespace MatrixOrleans.Server.Tests.Federation;

/// <summary>A silo of ours and a far server that it asks.</summary>
internal sealed class Federated : IAsyncDisposable
{
    private readonly TestDatabase _test;

    private Federated(TestDatabase test, RoomServer server, FarServer far) => (_test, Server, Far) = (test, server, far);

    public RoomServer Server { get; }

    public FarServer Far { get; }

    public Database Database => _test.Database;

    public static readonly UserId Alice = RoomServer.User("alice");

    public static async Task<Federated> Start(string provider)
    {
        var test = await TestDatabase.Create(provider, options => options with { SynchronousFull = false });
        var far = new FarServer();
        var keys = new TenantKeys(test.Database, TimeProvider.System);
        await keys.Open(RoomServer.Tenant);
        var server = await RoomServer.Start(test.Database, services => services.AddSingleton<IFederationClient>(far).AddSingleton<IKeyRing>(new KnownKeys(keys.For)));
        await test.Database.Accounts.Create(new AccountRow(Alice, null, 1));
        return new Federated(test, server, far);
    }

    /// <summary>Alice joins the far server's room through it.</summary>
    public Task<RoomId> Join(DagRoom dag, params EventId[] ends)
    {
        (Far.Room, Far.Ends) = (dag, [.. ends]);
        return Enter(dag.Id, MembershipAction.Join);
    }

    public async Task<RoomId> Enter(RoomId room, MembershipAction action) => await Server.Grains.GetGrain<IMembershipGrain>(0).Enter(
        new EnterRequest { Action = action, User = Alice, Room = room, Via = [DagRoom.Far] });

    /// <summary>The far server sends events in a transaction.</summary>
    public Task<IReadOnlyList<PduOutcome>> Send(DagRoom dag, params IEnumerable<ReadOnlyMemory<byte>> events) =>
        Server.Grains.GetGrain<IRoomIntakeGrain>(dag.Id.Value).Receive(new ReceivedPdus(DagRoom.Far, RoomServer.Tenant, [.. events]));

    public async Task<long> Nid(RoomId room) => (await Database.Rooms.Find(room))!.Nid;

    public async Task<IReadOnlyList<StoredEvent>> Timeline(RoomId room) => await Database.Rooms.Timeline(await Nid(room), long.MinValue, backwards: false, 1000, null);

    public async Task<IReadOnlyList<string>> State(RoomId room)
    {
        var nid = await Nid(room);
        var head = await Database.Rooms.LoadHead(nid);
        return [.. (await Database.Rooms.EventsByNids(nid, [.. await Database.States.All(nid, head.CurrentState)])).Select(e => e.EventId).Order(StringComparer.Ordinal)];
    }

    public async Task<JsonElement> Sync(string? since = null)
    {
        var answer = await Server.Grains.GetGrain<IUserSyncGrain>(Alice.Value).Sync(new SyncRequest { DeviceId = "D", Since = since }, TestContext.Current.CancellationToken);
        return RoomServer.Json(answer.Body);
    }

    public async Task<JsonElement> Event(RoomId room, EventId id) =>
        RoomServer.Json((await Database.Rooms.EventById(await Nid(room), id))!.Json);

    /// <summary>Until an event stands in the timeline, however it came there.</summary>
    public async Task Shown(RoomId room, EventId id)
    {
        for (var i = 0; i < 400; i++)
        {
            if ((await Database.Rooms.EventById(await Nid(room), id))?.RoomSeq is not null)
            {
                return;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"{id} did not come");
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _test.DisposeAsync();
    }
}
