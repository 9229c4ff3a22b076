using System.Text;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Server.Tests.Storage;

public sealed class RoomStoreTests
{
    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_room_and_its_events_are_found_by_every_name(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var rooms = test.Database.Rooms;
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var unit = await room.Message("hej");
        var result = await test.Database.Writer.Append(unit);
        var body = unit.Room!.Entries[0].Event!;

        var record = await rooms.Find(room.Id);
        Assert.Equal((room.Nid, "11", true, "example.org"), (record!.Nid, record.Version, record.Federate, record.Tenant.Value));
        Assert.Equal(record, await rooms.Find(room.Nid));
        Assert.Null(await rooms.Find(RoomId.Parse("!none:example.org")));

        var stored = await rooms.EventById(room.Nid, body.Id);
        Assert.Equal((body.Nid, body.Type, null, body.Sender.Value, 3L, result.FirstPosition, 3L), (stored!.Nid, stored.Type, stored.StateKey, stored.Sender, stored.RoomSeq, stored.Position, stored.Version));
        Assert.Equal(body.Json.ToArray(), stored.Json.ToArray());
        Assert.Equal((room.State, room.State, new PushFacts(1, true), EventClass.Accepted), (stored.StateBefore, stored.StateAfter, stored.Facts, stored.Class));
        Assert.Null(await rooms.EventById(room.Nid + 1, body.Id));
        Assert.Equal(2, (await rooms.EventsByIds(room.Nid, [body.Id, record.CreateEventId!.Value, EventId.Parse("$none:example.org")])).Count);
        Assert.Single(await rooms.EventsByNids(room.Nid, [body.Nid, 999_999]));
        var edges = Assert.Single(await rooms.Edges(room.Nid, [body.Id]));
        Assert.Equal(body.Prev, edges.Prev);
        Assert.Empty(edges.Auth);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task The_head_follows_the_newest_entries(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        Assert.Equal(0, (await test.Database.Rooms.LoadHead(room.Nid)).Version);
        await room.Create();
        await test.Database.Writer.Append(await room.StateEvent(EventTypes.Member, TestRoom.Bob.Value, TestRoom.Bob, Membership.Join));
        var head = await test.Database.Rooms.LoadHead(room.Nid);
        Assert.Equal((3, 3, 3, room.State, 2), (head.Version, head.LastRoomSeq, head.LastPosition, head.CurrentState, head.JoinedCount));

        // A fork: two extremities, then a rejected event that changes nothing.
        await test.Database.Numbers.EnsureAsync(2);
        var fork = await room.Entry(room.Event(EventTypes.Message, null, TestRoom.Bob), Membership.None);
        var forked = new RoomEntry
        {
            Event = fork.Event,
            EventNid = fork.EventNid,
            RoomSeq = fork.RoomSeq,
            StateBefore = fork.StateBefore,
            StateAfter = fork.StateAfter,
            CurrentState = fork.CurrentState,
            JoinedCount = 2,
            Extremities = EventNids.Pack([.. head.Extremities, fork.EventNid]),
        };
        var rejected = room.Event(EventTypes.Message, null, TestRoom.Bob);
        var refused = new RoomEntry { Event = rejected, EventNid = rejected.Nid, Class = EventClass.Rejected, CurrentState = room.State, JoinedCount = 2 };
        await test.Database.Writer.Append(room.Unit([forked, refused]));
        var after = await test.Database.Rooms.LoadHead(room.Nid);
        Assert.Equal([head.Extremities[0], fork.EventNid], after.Extremities);
        Assert.Equal((5, 4, 5, 2), (after.Version, after.LastRoomSeq, after.LastPosition, after.JoinedCount));
        var stored = await test.Database.Rooms.EventById(room.Nid, rejected.Id);
        Assert.Equal((EventClass.Rejected, null), (stored!.Class, stored.RoomSeq));
        Assert.DoesNotContain(await test.Database.Rooms.Timeline(room.Nid, 0, false, 100, null), e => e.Nid == rejected.Nid);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Timelines_page_both_ways_and_stop_where_asked(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        for (var i = 0; i < 18; i++)
        {
            await test.Database.Writer.Append(await room.Message());
        }

        var rooms = test.Database.Rooms;
        Assert.Equal([5, 6, 7], (await rooms.Timeline(room.Nid, 4, false, 3, null)).Select(e => e.RoomSeq!.Value));
        Assert.Equal([5, 6], (await rooms.Timeline(room.Nid, 4, false, 3, 6)).Select(e => e.RoomSeq!.Value));
        Assert.Equal([9, 8, 7], (await rooms.Timeline(room.Nid, 10, true, 3, null)).Select(e => e.RoomSeq!.Value));
        Assert.Equal([2, 1], (await rooms.Timeline(room.Nid, 3, true, 10, null)).Select(e => e.RoomSeq!.Value));

        var slice = await rooms.TimelineSince(room.Nid, 10, 15, 3);
        Assert.True(slice.Limited);
        Assert.Equal([13, 14, 15], slice.Events.Select(e => e.Position));
        slice = await rooms.TimelineSince(room.Nid, 10, 13, 3);
        Assert.False(slice.Limited);
        Assert.Equal([11, 12, 13], slice.Events.Select(e => e.Position));
        Assert.Equal(12, await rooms.SeqAt(room.Nid, 12));
        Assert.Equal(0, await rooms.SeqAt(room.Nid, 0));
        var at = await rooms.At(room.Nid, 1);
        Assert.Equal((1, 1, 0), (at!.Version, at.RoomSeq, at.JoinedCount));
        Assert.Null(await rooms.At(room.Nid, 0));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Deltas_tell_what_moved_in_the_current_state(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        await test.Database.Writer.Append(await room.StateEvent(EventTypes.Topic, "", TestRoom.Alice));
        await test.Database.Writer.Append(await room.Message());
        await test.Database.Writer.Append(await room.StateEvent(EventTypes.Topic, "", TestRoom.Alice));
        var deltas = await test.Database.Rooms.Deltas(room.Nid, 2, 100);
        Assert.Equal([(3L, EventTypes.Topic, ""), (5L, EventTypes.Topic, "")], deltas.Select(d => (d.Position, d.Type, d.StateKey)));
        Assert.Null(deltas[0].OldNid);
        Assert.Equal(deltas[0].NewNid, deltas[1].OldNid);
        Assert.Equal(room.Model[StateKey.Topic], deltas[1].NewNid);
        Assert.Single(await test.Database.Rooms.Deltas(room.Nid, 3, 100));

        // A resolution drops the topic without an event.
        var old = room.Model[StateKey.Topic];
        room.State = await room.Apply(room.State, (StateKey.Topic, null));
        var change = new RoomEntry { Kind = LogKind.StateChange, CurrentState = room.State, JoinedCount = 1, Deltas = [new StateDelta(EventTypes.Topic, "", old, null)] };
        Assert.Equal(AppendOutcome.Accepted, (await test.Database.Writer.Append(room.Unit([change]))).Outcome);
        var dropped = Assert.Single(await test.Database.Rooms.Deltas(room.Nid, 5, 100));
        Assert.Equal((EventTypes.Topic, old, null), (dropped.Type, dropped.OldNid!.Value, dropped.NewNid));
        var head = await test.Database.Rooms.LoadHead(room.Nid);
        Assert.Equal((6, 5, room.State), (head.Version, head.LastRoomSeq, head.CurrentState));
        Assert.Single(head.Extremities);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Memberships_follow_the_deltas(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var members = test.Database.Memberships;
        await test.Database.Writer.Append(await room.StateEvent(EventTypes.Member, TestRoom.Bob.Value, TestRoom.Alice, Membership.Invite));
        var invited = await members.Get(room.Nid, TestRoom.Bob);
        Assert.Equal((Membership.Invite, 3L, 3L, room.State, TestRoom.Alice.Value), (invited!.Membership, invited.RoomSeq, invited.Position, invited.StateRootAfter, invited.Sender));
        Assert.Equal(("Name @bob:example.org", room.Id, "11"), (invited.DisplayName, invited.RoomId, invited.RoomVersion));

        await test.Database.Writer.Append(await room.StateEvent(EventTypes.Member, TestRoom.Bob.Value, TestRoom.Bob, Membership.Join));
        Assert.Equal(2, (await members.OfRoom(room.Nid, Membership.Join)).Count);
        Assert.Equal([room.Nid], await members.Shared(TestRoom.Alice, TestRoom.Bob));
        Assert.Equal([TestRoom.Alice.Value], (await members.Heroes(room.Nid, TestRoom.Bob, 5)).Select(m => m.UserId.Value));
        var leave = await test.Database.Writer.Append(await room.StateEvent(EventTypes.Member, TestRoom.Bob.Value, TestRoom.Bob, Membership.Leave));
        var rootAtLeave = room.State;
        await test.Database.Writer.Append(await room.StateEvent(EventTypes.Topic, "", TestRoom.Alice));
        Assert.Empty(await members.OfUser(TestRoom.Bob));
        var left = Assert.Single(await members.OfUser(TestRoom.Bob, includeLeft: true));
        Assert.Equal((Membership.Leave, rootAtLeave, leave.FirstPosition), (left.Membership, left.StateRootAfter, left.Position));
        Assert.Equal([Membership.Invite, Membership.Join, Membership.Leave], (await members.History(TestRoom.Bob, room.Nid)).Select(c => c.New));
        Assert.Equal([Membership.Join, Membership.Leave], (await members.ChangesOfUser(TestRoom.Bob, 3, 100)).Select(c => c.New));
        Assert.Equal([TestRoom.Bob.Value], (await members.Heroes(room.Nid, TestRoom.Alice, 5)).Select(m => m.UserId.Value));
        Assert.Equal(1, (await members.Counts(room.Nid))[Membership.Join]);

        await test.Database.Writer.Append(new AppendUnit { Users = [new ForgetSet(TestRoom.Bob.Value, room.Nid)] });
        Assert.Empty(await members.OfUser(TestRoom.Bob, includeLeft: true));
        await test.Database.Writer.Append(await room.StateEvent(EventTypes.Member, TestRoom.Bob.Value, TestRoom.Alice, Membership.Ban));
        Assert.Empty(await members.OfUser(TestRoom.Bob, includeLeft: true));
        await test.Database.Writer.Append(await room.StateEvent(EventTypes.Member, TestRoom.Bob.Value, TestRoom.Alice, Membership.Invite));
        Assert.Equal(Membership.Invite, Assert.Single(await members.OfUser(TestRoom.Bob)).Membership);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Leaving_forgetting_and_coming_back_in_one_batch_keep_their_order(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        Task<AppendResult>[] tasks =
        [
            test.Database.Writer.Append(await room.StateEvent(EventTypes.Member, TestRoom.Bob.Value, TestRoom.Bob, Membership.Leave)),
            test.Database.Writer.Append(new AppendUnit { Users = [new ForgetSet(TestRoom.Bob.Value, room.Nid)] }),
            test.Database.Writer.Append(await room.StateEvent(EventTypes.Member, TestRoom.Bob.Value, TestRoom.Alice, Membership.Invite)),
        ];
        await Task.WhenAll(tasks);
        var row = Assert.Single(await test.Database.Memberships.OfUser(TestRoom.Bob, includeLeft: true));
        Assert.Equal((Membership.Invite, false), (row.Membership, row.Forgotten));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_invite_from_afar_is_a_row_of_the_user(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var nid = await test.Database.Numbers.RoomNid();
        var stub = new NewRoom("12", null, true, ServerName.Parse("example.org"), 5);
        await test.Database.Writer.Append(new AppendUnit
        {
            Users = [new MembershipSet(TestRoom.Bob.Value, nid, "!far:remote.org", stub, Membership.Invite, "@x:remote.org", Encoding.UTF8.GetBytes("[]"))],
        });
        var row = Assert.Single(await test.Database.Memberships.OfUser(TestRoom.Bob));
        Assert.Equal(("!far:remote.org", "12", "@x:remote.org", "[]"), (row.RoomId.Value, row.RoomVersion, row.Sender, Encoding.UTF8.GetString(row.Stripped!.Value.Span)));
        Assert.Null(row.EventNid);
        await test.Database.Writer.Append(new AppendUnit { Users = [new MembershipSet(TestRoom.Bob.Value, nid, "!far:remote.org", null, Membership.Leave, TestRoom.Bob.Value, null)] });
        row = Assert.Single(await test.Database.Memberships.OfUser(TestRoom.Bob, includeLeft: true));
        Assert.Equal((Membership.Leave, true), (row.Membership, row.Stripped is null));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Relations_threads_and_redactions_are_found_by_their_target(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var unit = await room.Message("root");
        await test.Database.Writer.Append(unit);
        var root = unit.Room!.Entries[0].Event!.Id;
        await test.Database.Numbers.EnsureAsync(3);
        var entries = new List<RoomEntry>();
        foreach (var (thread, relType, redacts) in new[] { ((string?)root.Value, (string?)"m.thread", (string?)null), (null, "m.annotation", null), (null, null, root.Value) })
        {
            var e = await room.Entry(room.Event(EventTypes.Message, null, TestRoom.Alice), Membership.None);
            entries.Add(new RoomEntry
            {
                Event = e.Event,
                EventNid = e.EventNid,
                RoomSeq = e.RoomSeq,
                CurrentState = e.CurrentState,
                ThreadRoot = thread,
                TxnDevice = "DEV",
                TxnId = "t1",
                Relation = relType is null ? null : new Relation(root, relType),
                RedactsEventId = redacts,
            });
        }

        await test.Database.Writer.Append(room.Unit(entries));
        var rooms = test.Database.Rooms;
        Assert.Equal(["m.annotation", "m.thread"], (await rooms.Relations(room.Nid, [root], null, long.MaxValue, 10)).Select(r => r.RelType));
        var related = Assert.Single(await rooms.Relations(room.Nid, [root], "m.thread", long.MaxValue, 10));
        Assert.Equal((entries[0].EventNid, root.Value, root.Value), (related.Event.Nid, related.Event.ThreadRoot, related.TargetId));
        Assert.Equal([entries[0].EventNid], (await rooms.Thread(room.Nid, root, long.MaxValue, 10)).Select(e => e.Nid));
        Assert.Equal([(root.Value, entries[0].RoomSeq!.Value)], await rooms.Threads(room.Nid, long.MaxValue, 10));
        var target = await rooms.EventById(room.Nid, root);
        Assert.Equal((entries[2].EventNid, null), (target!.RedactedByNid!.Value, target.TxnId));
        var sent = (await rooms.EventsByNids(room.Nid, [entries[1].EventNid])).Single();
        Assert.Equal(("DEV", "t1", null), (sent.TxnDevice, sent.TxnId, sent.RedactedByNid));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_outlier_is_stored_once_and_may_be_accepted_later(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        await test.Database.Numbers.EnsureAsync(2);
        var body = room.Event(EventTypes.Message, null, TestRoom.Bob);
        Assert.Equal(body.Nid, (await test.Database.Rooms.AddOutliers(room.Nid, [body]))[body.Id]);
        var again = body with { Nid = test.Database.Numbers.NextEventNid() };
        Assert.Equal(body.Nid, (await test.Database.Rooms.AddOutliers(room.Nid, [again]))[body.Id]);
        Assert.Equal(EventClass.Outlier, (await test.Database.Rooms.EventById(room.Nid, body.Id))!.Class);

        // Who does not know that it is stored must look again.
        var twin = await room.Twin(test.Database);
        Assert.Equal(AppendOutcome.Fenced, (await test.Database.Writer.Append(twin.Unit([await twin.Entry(again, Membership.None)]))).Outcome);
        var entry = new RoomEntry { EventNid = body.Nid, RoomSeq = ++room.Seq, CurrentState = room.State };
        Assert.Equal(AppendOutcome.Accepted, (await test.Database.Writer.Append(room.Unit([entry]))).Outcome);
        Assert.Equal((EventClass.Accepted, 3L), ((await test.Database.Rooms.EventById(room.Nid, body.Id))!.Class, (await test.Database.Rooms.LoadHead(room.Nid)).LastRoomSeq));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Gaps_open_and_close(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        await test.Database.Writer.Append(room.Unit([new RoomEntry { Kind = LogKind.Gap, RoomSeq = 3, Missing = [1, 2], CurrentState = room.State }]));
        await test.Database.Writer.Append(await room.Message());
        var gap = Assert.Single(await test.Database.Rooms.Gaps(room.Nid, 1, 3));
        Assert.Equal(3, gap.RoomSeq);
        Assert.Equal([1, 2], gap.Missing.ToArray());
        Assert.Empty(await test.Database.Rooms.Gaps(room.Nid, 1, 2));
        await test.Database.Writer.Append(room.Unit([new RoomEntry { Kind = LogKind.GapFilled, RoomSeq = 3, CurrentState = room.State }]));
        Assert.Empty(await test.Database.Rooms.Gaps(room.Nid, 1, 3));
        Assert.Equal([LogKind.Gap, LogKind.Event, LogKind.GapFilled], (await test.Database.Log.Read(2, 9, 9)).Select(r => r.Kind));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Touched_rooms_are_found_in_short_and_long_stretches(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var rooms = new List<TestRoom>();
        for (var i = 0; i < 8; i++)
        {
            rooms.Add(await TestRoom.New(test.Database));
            await rooms[i].Create();
        }

        for (var i = 0; i < 30; i++)
        {
            await test.Database.Writer.Append(await rooms[2].Message());
        }

        var last = await test.Database.Writer.Append(new AppendUnit { Users = [new ReceiptSet("@x:y", rooms[4].Nid, "m.read", "", "$e", 1, 1)] });
        await test.Database.Writer.Append(new AppendUnit { Users = [new AccountDataSet("@x:y", rooms[5].Nid, rooms[5].Id.Value, "m.tag", Encoding.UTF8.GetBytes("{}"))] });
        var nids = rooms.Select(r => r.Nid).Append(999).ToArray();
        (long, long)[] expected = [(rooms[2].Nid, 46), (rooms[4].Nid, last.FirstPosition)];
        Assert.Equal(expected, (await test.Database.Log.RoomsTouched(nids, 16, 100)).Select(t => (t.RoomNid, t.Position)).Order());
        Assert.Equal(expected, (await test.Database.Log.RoomsTouched(nids, 45, 48)).Select(t => (t.RoomNid, t.Position)).Order());
        Assert.Equal([(rooms[2].Nid, 40L)], (await test.Database.Log.RoomsTouched([rooms[2].Nid, rooms[3].Nid], 16, 40)).Select(t => (t.RoomNid, t.Position)));
        Assert.Empty(await test.Database.Log.RoomsTouched(nids, 48, 48));
        Assert.Equal([LogKind.Receipt, LogKind.AccountData], (await test.Database.Log.OfUser(UserId.Parse("@x:y"), 0, 100)).Select(r => r.Kind));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Every_character_that_JSON_allows_is_kept(string provider)
    {
        await using var test = await TestDatabase.Create(provider);
        var room = await TestRoom.New(test.Database);
        await room.Create();
        var key = "a\0b\u0001c\u00010😀\uffff";
        await test.Database.Writer.Append(await room.StateEvent("org.example", key, TestRoom.Alice));
        Assert.Equal(key, (await test.Database.Rooms.Deltas(room.Nid, 2, 3)).Single().StateKey);
        Assert.NotNull(await (await test.Open()).States.Get(room.Nid, room.State, new StateKey("org.example", key)));
    }
}
