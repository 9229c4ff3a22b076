using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Server.Tests.Storage;

public sealed class LogWriterTests
{
    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task Positions_are_contiguous_in_the_order_of_the_calls(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var rooms = new List<TestRoom>();
        for (var i = 0; i < 5; i++)
        {
            rooms.Add(await TestRoom.New(test.Database));
            await rooms[i].Create();
        }

        var tasks = new List<Task<AppendResult>>();
        for (var i = 0; i < 200; i++)
        {
            tasks.Add(test.Database.Writer.Append(await rooms[i % 5].Message()));
        }

        var results = await Task.WhenAll(tasks);
        Assert.All(results, result => Assert.Equal(AppendOutcome.Accepted, result.Outcome));
        Assert.Equal(Enumerable.Range(11, 200).Select(i => (long)i), results.Select(result => result.FirstPosition));
        Assert.Equal(210, await test.Database.Log.MaxPosition());
        Assert.Equal(210, test.Database.Writer.CommittedPosition);
        var rows = await test.Database.Log.Read(0, 1000, 1000);
        Assert.Equal(Enumerable.Range(1, 210).Select(i => (long)i), rows.Select(row => row.Position));
        foreach (var room in rooms)
        {
            var timeline = await test.Database.Rooms.Timeline(room.Nid, 0, backwards: false, 1000, null);
            Assert.Equal(Enumerable.Range(1, 42).Select(i => (long?)i), timeline.Select(e => e.RoomSeq));
            Assert.Equal(timeline.Select(e => e.Position).Order(), timeline.Select(e => e.Position));
        }
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_refused_unit_spoils_no_other_in_its_batch(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var good = await TestRoom.New(test.Database);
        var bad = await TestRoom.New(test.Database);
        await good.Create();
        await bad.Create();
        bad.Version += 5;

        var before = await good.Message();
        var stale = await bad.Message();
        var after = await good.Message();
        var tasks = new[] { before, stale, after }.Select(test.Database.Writer.Append).ToArray();
        var results = await Task.WhenAll(tasks);

        Assert.Equal([AppendOutcome.Accepted, AppendOutcome.Fenced, AppendOutcome.Accepted], results.Select(r => r.Outcome));
        Assert.Equal(results[0].FirstPosition + 1, results[2].FirstPosition);
        Assert.Equal(6, await test.Database.Log.MaxPosition());
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task After_a_refusal_everything_further_of_that_activation_is_refused(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var stale = await room.Twin(test.Database);
        stale.Version--;
        Assert.Equal(AppendOutcome.Fenced, (await test.Database.Writer.Append(await stale.Message())).Outcome);

        // It would fit now, but was built on what was refused.
        Assert.Equal(room.Version, stale.Version);
        Assert.Equal(AppendOutcome.Fenced, (await test.Database.Writer.Append(await stale.Message())).Outcome);
        Assert.Equal(AppendOutcome.Accepted, (await test.Database.Writer.Append(await room.Message())).Outcome);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Two_live_activations_cannot_fork_a_room(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var other = await test.Open();
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var twin = await room.Twin(other);
        var tasks = new List<Task<AppendResult>>();
        for (var i = 0; i < 30; i++)
        {
            tasks.Add(test.Database.Writer.Append(await room.Message()));
            tasks.Add(other.Writer.Append(await twin.Message()));
        }

        var results = await Task.WhenAll(tasks);
        var mine = results.Where((_, i) => i % 2 == 0).Count(r => r.Outcome == AppendOutcome.Accepted);
        var theirs = results.Where((_, i) => i % 2 == 1).Count(r => r.Outcome == AppendOutcome.Accepted);
        Assert.True(mine == 0 || theirs == 0, $"{mine} and {theirs} accepted");
        Assert.Equal(30, mine + theirs);
        var timeline = await test.Database.Rooms.Timeline(room.Nid, 0, backwards: false, 1000, null);
        Assert.Equal(32, timeline.Count);
        Assert.Equal(34 - 2, await test.Database.Log.MaxPosition());
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_transaction_that_was_done_answers_as_before(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var txn = new TxnRecord("@alice:example.org|D|send|1", "$first", 1);
        Assert.Equal(AppendOutcome.Accepted, (await test.Database.Writer.Append(await room.Message("a", txn))).Outcome);

        var repeat = test.Database.Writer.Append(await room.Message("a", txn with { Answer = "$second" }));
        var behind = test.Database.Writer.Append(await room.Message("b"));
        Assert.Equal(new AppendResult(AppendOutcome.TxnExists, 0, "$first"), await repeat);
        Assert.Equal(AppendOutcome.Fenced, (await behind).Outcome);
        Assert.Equal("$first", await test.Database.Rooms.TxnAnswer(txn.Key));
        Assert.Equal(3, await test.Database.Log.MaxPosition());
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task The_same_transaction_twice_in_one_batch_happens_once(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var other = await TestRoom.New(test.Database);
        await other.Create();
        var txn = new TxnRecord("k", "one", 1);
        var first = await room.Message("a", txn);
        var second = await other.Message("a", txn with { Answer = "two" });
        var results = await Task.WhenAll(test.Database.Writer.Append(first), test.Database.Writer.Append(second));
        Assert.Equal(AppendOutcome.Accepted, results[0].Outcome);
        Assert.Equal(new AppendResult(AppendOutcome.TxnExists, 0, "one"), results[1]);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Acknowledged_events_survive_a_crash(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var tasks = new List<Task<AppendResult>>();
        for (var i = 0; i < 100; i++)
        {
            tasks.Add(test.Database.Writer.Append(await room.Message()));
        }

        await Task.WhenAll(tasks[..50]);
        var database = await test.CrashAndReopen();
        var acknowledged = tasks.Where(t => t.IsCompletedSuccessfully).Select(t => t.Result.FirstPosition).ToList();
        Assert.True(acknowledged.Count >= 50);
        var timeline = await database.Rooms.Timeline(room.Nid, 0, backwards: false, 1000, null);
        Assert.Empty(acknowledged.Except(timeline.Select(e => e.Position)));
        Assert.Equal(Enumerable.Range(1, timeline.Count).Select(i => (long)i), timeline.Select(e => e.Position));
        var head = await database.Rooms.LoadHead(room.Nid);
        Assert.Equal(timeline.Count, head.Version);
        Assert.Equal([timeline[^1].Nid], head.Extremities);
        Assert.Equal(timeline[^1].Position, head.LastPosition);
        Assert.True(database.Numbers.NextEventNid() > timeline.Max(e => e.Nid));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Observers_hear_of_every_commit_in_order_before_the_callers(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var heard = new Recorder();
        test.Database.Writer.Subscribe(heard);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        for (var i = 0; i < 20; i++)
        {
            var unit = await room.Message();
            var result = await test.Database.Writer.Append(unit);
            Assert.Contains(heard.Batches.ToArray().SelectMany(batch => batch.Units), u => ReferenceEquals(u.Unit, unit) && u.FirstPosition == result.FirstPosition);
        }

        Assert.Equal(1, heard.Batches[0].From);
        Assert.All(heard.Batches.Zip(heard.Batches.Skip(1)), pair => Assert.Equal(pair.First.To + 1, pair.Second.From));
        Assert.Equal(22, heard.Batches[^1].To);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_full_queue_says_no_and_frees_itself(string provider)
    {
        await using var test = await TestDatabase.Create(provider, options => options with { QueueCountMax = 2, QueueBytesMax = 1000 });
        var writer = test.Database.Writer;
        Assert.False(writer.TryReserve(1001));
        Assert.True(writer.TryReserve(600));
        Assert.False(writer.TryReserve(600));
        Assert.True(writer.TryReserve(100));
        Assert.False(writer.TryReserve(1));
        writer.Release(100);
        await writer.Append(new AppendUnit { Users = [new DeviceListChanged("@alice:example.org")], ReservedBytes = 600 });
        Assert.True(writer.TryReserve(600));
        Assert.True(writer.TryReserve(400));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_failing_write_undoes_itself_and_nothing_else(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var before = test.Database.Writer.Append(await room.Message());
        var failing = test.Database.Writer.Execute<int>(async (session, _) =>
        {
            await session.Execute("insert into tenants (name, created_ms) values ('lost', 1)");
            throw new InvalidOperationException("on purpose");
        });
        var after = test.Database.Tenants.Add(ServerName.Parse("kept"), 1);
        Assert.Equal("on purpose", (await Assert.ThrowsAsync<InvalidOperationException>(() => failing)).Message);
        Assert.Equal(AppendOutcome.Accepted, (await before).Outcome);
        Assert.True(await after);
        Assert.Equal(["kept"], (await test.Database.Tenants.List()).Select(t => t.Name.Value));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_delta_that_contradicts_the_state_is_refused(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        await test.Database.Writer.Append(await room.StateEvent("m.room.topic", "", TestRoom.Alice));

        // As if another key had the hash of this one: the caller knows of no event under it, the trie does.
        room.Model.Remove(StateKey.Topic);
        var result = await test.Database.Writer.Append(await room.StateEvent("m.room.topic", "", TestRoom.Alice));
        Assert.Equal(AppendOutcome.Fenced, result.Outcome);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_room_is_made_under_one_number(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        NewRoom stub = new("11", null, true, ServerName.Parse("example.org"));
        async Task<AppendUnit> Invite(UserId user)
        {
            var nid = await test.Database.Numbers.RoomNid();
            return new AppendUnit { Users = [new MembershipSet(user.Value, nid, "!far:remote.org", stub, Membership.Invite, null, null)] };
        }

        var (one, two) = (await Invite(TestRoom.Alice), await Invite(TestRoom.Bob));
        var results = await Task.WhenAll(test.Database.Writer.Append(one), test.Database.Writer.Append(two));
        Assert.Equal([AppendOutcome.Accepted, AppendOutcome.Fenced], results.Select(r => r.Outcome));
        Assert.Equal(AppendOutcome.Fenced, (await test.Database.Writer.Append(two)).Outcome);
        Assert.Equal(AppendOutcome.Accepted, (await test.Database.Writer.Append(one)).Outcome);
        Assert.Empty(await test.Database.Memberships.OfUser(TestRoom.Bob));
        var known = (await test.Database.Rooms.Find(RoomId.Parse("!far:remote.org")))!;
        Assert.Equal(known.Nid, Assert.Single(await test.Database.Memberships.OfUser(TestRoom.Alice)).RoomNid);

        // A refused unit makes no room.
        var room = await TestRoom.New(test.Database);
        room.Version = 3;
        Assert.Equal(AppendOutcome.Fenced, (await room.Create()).Outcome);
        Assert.Null(await test.Database.Rooms.Find(room.Id));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Backfill_has_a_place_and_no_position(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        await test.Database.Numbers.EnsureAsync(2);
        var old = room.Event(EventTypes.Message, null, TestRoom.Bob);
        var older = room.Event(EventTypes.Message, null, TestRoom.Bob);
        var head = await test.Database.Rooms.LoadHead(room.Nid);
        RoomEntry Past(EventRecord e, long seq) => new()
        {
            Event = e,
            EventNid = e.Nid,
            RoomSeq = seq,
            CurrentState = room.State,
            JoinedCount = head.JoinedCount,
            Extremities = EventNids.Pack([.. head.Extremities]),
        };
        var result = await test.Database.Writer.Append(room.Unit([Past(old, -1), Past(older, -2)]));
        Assert.Equal(AppendOutcome.Accepted, result.Outcome);
        Assert.Equal(2, await test.Database.Log.MaxPosition());
        var timeline = await test.Database.Rooms.Timeline(room.Nid, 3, backwards: true, 10, null);
        Assert.Equal([2, 1, -1, -2], timeline.Select(e => e.RoomSeq!.Value));
        var now = await test.Database.Rooms.LoadHead(room.Nid);
        Assert.Equal((4, 2, -2, 2), (now.Version, now.LastRoomSeq, now.FirstRoomSeq, now.LastPosition));
        Assert.Equal(head.Extremities, now.Extremities);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Two_writers_on_one_database_number_without_holes(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var other = await test.Open();
        var mine = await TestRoom.New(test.Database);
        var theirs = await TestRoom.New(other);
        await mine.Create();
        await theirs.Create();
        var tasks = new List<Task<AppendResult>>();
        for (var i = 0; i < 100; i++)
        {
            tasks.Add(test.Database.Writer.Append(await mine.Message()));
            tasks.Add(other.Writer.Append(await theirs.Message()));
        }

        var results = await Task.WhenAll(tasks);
        Assert.All(results, r => Assert.Equal(AppendOutcome.Accepted, r.Outcome));
        Assert.Equal(Enumerable.Range(5, 200).Select(i => (long)i), results.Select(r => r.FirstPosition).Order());
    }

    private sealed class Recorder : ICommitObserver
    {
        public List<CommittedBatch> Batches { get; } = [];

        public void Committed(CommittedBatch batch)
        {
            lock (Batches)
            {
                Batches.Add(batch);
            }
        }
    }
}
