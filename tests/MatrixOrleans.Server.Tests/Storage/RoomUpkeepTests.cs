using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Server.Tests.Storage;

public sealed class RoomUpkeepTests
{
    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task Nodes_that_anything_refers_to_are_kept(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await Busy(test.Database, 60);
        var collection = await test.Database.Rooms.Upkeep.CollectState(room.Nid, dryRun: false, CancellationToken.None);
        Assert.Equal(0, collection.Unused);
        Assert.True(collection.Kept > 60);
        await CheckStates(await test.Open(), room);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Nodes_of_refused_units_are_collected_and_a_dry_run_only_counts(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await Busy(test.Database, 40);
        await test.Database.Writer.Execute((session, _) => session.Execute(
            "insert into state_nodes (room_nid, id, bytes) values (@room, 1, @bytes), (@room, 2, @bytes), (999, 3, @bytes)",
            ("room", room.Nid),
            ("bytes", new byte[] { 1, 0 })));
        var upkeep = test.Database.Rooms.Upkeep;
        var dry = await upkeep.CollectState(room.Nid, dryRun: true, CancellationToken.None);
        Assert.Equal((2, 0), (dry.Unused, dry.Deleted));
        var real = await upkeep.CollectState(room.Nid, dryRun: false, CancellationToken.None);
        Assert.Equal((dry.Kept, 2, 2), (real.Kept, real.Unused, real.Deleted));
        Assert.Equal(0, (await upkeep.CollectState(room.Nid, dryRun: true, CancellationToken.None)).Unused);
        Assert.Equal(1, (await upkeep.CollectState(999, dryRun: true, CancellationToken.None)).Unused);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Collecting_while_the_room_goes_on_breaks_no_state(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await Busy(test.Database, 40);
        var going = true;
        var writing = Task.Run(async () =>
        {
            // The topic flips between two events' states again and again, so that nodes fall out of use and come back.
            for (var i = 0; i < 100; i++)
            {
                var key = new StateKey("org.example.flip", "");
                long? old = room.Model.TryGetValue(key, out var nid) ? nid : null;
                var next = room.Model[StateKey.Create] + (i % 2);
                room.State = await room.Apply(room.State, (key, next));
                room.Model[key] = next;
                var change = new RoomEntry { Kind = LogKind.StateChange, CurrentState = room.State, Deltas = [new StateDelta(key.Type, "", old, next)] };
                Assert.Equal(AppendOutcome.Accepted, (await test.Database.Writer.Append(room.Unit([change]))).Outcome);
                if (i % 10 == 9)
                {
                    await test.Database.Writer.Execute((session, _) => session.Execute(
                        "delete from timeline where room_nid = @room and kind = 2 and version < @version",
                        ("room", room.Nid),
                        ("version", room.Version - 1)));
                }
            }

            Volatile.Write(ref going, false);
        });
        while (Volatile.Read(ref going))
        {
            await test.Database.Rooms.Upkeep.CollectState(room.Nid, dryRun: false, CancellationToken.None);
        }

        await writing;
        await CheckStates(await test.Open(), room);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_purge_keeps_the_state_at_the_new_beginning_and_frees_the_rest(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await Busy(test.Database, 100);
        for (var i = 0; i < 20; i++)
        {
            await test.Database.Writer.Append(await room.Message());
        }

        var before = room.Seq - 9;
        var kept = (await test.Database.Rooms.Timeline(room.Nid, before - 1, false, 100, null)).Select(e => e.Nid).ToList();
        var mark = new RoomEntry { Kind = LogKind.Purge, RoomSeq = before, CurrentState = room.State };
        Assert.Equal(AppendOutcome.Accepted, (await test.Database.Writer.Append(room.Unit([mark]))).Outcome);
        var head = await test.Database.Rooms.LoadHead(room.Nid);
        var upkeep = test.Database.Rooms.Upkeep;
        Assert.Equal([(room.Nid, before)], await upkeep.Marks());
        var result = await upkeep.PurgeHistory(room.Nid, head, CancellationToken.None);
        Assert.Equal((before, before - 1), (result.BeforeSeq, result.Placements));
        Assert.True(result.Bodies > 50 && result.Bodies < result.Placements, $"{result}");
        Assert.Equal(0, (await upkeep.PurgeHistory(room.Nid, head, CancellationToken.None)).Placements);

        var collection = await upkeep.CollectState(room.Nid, dryRun: false, CancellationToken.None);
        Assert.True(collection.Deleted > collection.Kept, $"{collection}");
        var other = await test.Open();
        Assert.Equal(kept, (await other.Rooms.Timeline(room.Nid, -100, false, 1000, null)).Select(e => e.Nid));
        await CheckStates(other, room);
        var bodies = await other.Rooms.EventsByNids(room.Nid, [.. room.Model.Values]);
        Assert.Equal(room.Model.Values.Order(), bodies.Select(e => e.Nid).Order());
        var now = await other.Rooms.LoadHead(room.Nid);
        Assert.Equal((head.Version, head.LastRoomSeq, head.CurrentState), (now.Version, now.LastRoomSeq, now.CurrentState));
        Assert.Equal(head.Extremities, now.Extremities);
        Assert.Equal(AppendOutcome.Accepted, (await test.Database.Writer.Append(await room.Message())).Outcome);
    }

    /// <summary>A room with so many state changes of 30 keys.</summary>
    private static async Task<TestRoom> Busy(Database database, int changes)
    {
        var room = await TestRoom.New(database);
        await room.Create();
        for (var i = 0; i < changes; i++)
        {
            await database.Writer.Append(i % 3 == 0
                ? await room.StateEvent(EventTypes.Member, TestRoom.User(i % 30).Value, TestRoom.User(i % 30), Membership.Join)
                : await room.StateEvent("org.example", $"{i % 30}", TestRoom.Alice));
        }

        return room;
    }

    /// <summary>Every state that an entry refers to is whole, and the current one is what it should be.</summary>
    private static async Task CheckStates(Database database, TestRoom room)
    {
        foreach (var stored in await database.Rooms.Timeline(room.Nid, -1000, false, 10_000, null))
        {
            await database.States.All(room.Nid, stored.StateBefore);
            await database.States.All(room.Nid, stored.StateAfter);
        }

        var head = await database.Rooms.LoadHead(room.Nid);
        Assert.Equal(room.Model.Values.Order(), (await database.States.All(room.Nid, head.CurrentState)).Order());
    }
}
