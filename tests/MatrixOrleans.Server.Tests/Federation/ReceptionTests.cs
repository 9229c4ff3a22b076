using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Server.Tests.Reading;
using MatrixOrleans.Server.Tests.Storage;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Rooms;
using static MatrixOrleans.Server.Tests.Federation.DagRoom;

namespace MatrixOrleans.Server.Tests.Federation;

/// <summary>What other servers' events do to a room (Server-Server API, "Checks performed on receipt of a PDU").</summary>
public sealed class ReceptionTests
{
    public static TheoryData<string> Providers => TestDatabase.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_room_fed_from_its_beginning_has_the_state_and_order_of_its_events(string provider)
    {
        await using var test = await Fed.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var said = dag.Say(Ben, "hello", tip);
        var verdicts = await test.Feed(dag, dag.Events);
        Assert.All(verdicts, v => Assert.Equal(PduStanding.Accepted, v.Standing));
        await test.AssertState(dag, [said.EventId]);
        Assert.Equal(dag.Events.Select(e => e.EventId.Value), (await test.Timeline(dag)).Select(e => e.EventId));
        Assert.Equal([Ann, Ben, Cas], (await test.Database.Memberships.OfRoom(await test.Nid(dag), Membership.Join)).Select(m => m.UserId).Order());
        Assert.Equal(3, (await test.Head(dag)).JoinedCount);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task What_was_received_is_not_taken_again(string provider)
    {
        await using var test = await Fed.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out _);
        await test.Feed(dag, dag.Events);
        var again = await test.Feed(dag, dag.Events);
        Assert.All(again, v => Assert.Equal((PduStanding.Accepted, false), (v.Standing, v.IsNew)));
        Assert.Equal(dag.Events.Count, (await test.Timeline(dag)).Count);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_fork_has_two_ends_until_an_event_joins_them(string provider)
    {
        await using var test = await Fed.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var left = dag.State(Ann, EventTypes.Topic, "", new { topic = "left" }, tip);
        var right = dag.State(Ben, EventTypes.Topic, "", new { topic = "right" }, tip);
        await test.Feed(dag, dag.Events);
        Assert.Equal(2, (await test.Head(dag)).Extremities.Count);
        await test.AssertState(dag, [left.EventId, right.EventId]);
        var joining = dag.Say(Cas, "both", left.EventId, right.EventId);
        await test.Feed(dag, [joining]);
        Assert.Single((await test.Head(dag)).Extremities);
        await test.AssertState(dag, [joining.EventId]);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_rejected_event_is_kept_out_of_everything_and_may_be_followed(string provider)
    {
        await using var test = await Fed.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var grab = dag.State(Cas, EventTypes.PowerLevels, "", Levels(RoomVersions.V11, (Cas, 100)), tip);
        var after = dag.Say(Ann, "calm", grab.EventId);
        var verdicts = await test.Feed(dag, dag.Events);
        Assert.Equal(PduStanding.Rejected, verdicts[^2].Standing);
        Assert.Equal(PduStanding.Accepted, verdicts[^1].Standing);
        Assert.DoesNotContain(await test.Timeline(dag), e => e.EventId == grab.EventId.Value);
        Assert.Single((await test.Head(dag)).Extremities);
        await test.AssertState(dag, [after.EventId]);

        // What cites it as its right is rejected with it.
        var heir = dag.Add(Cas, EventTypes.Message, null, new { body = "mine" }, [after.EventId]);
        Assert.Equal(PduStanding.Accepted, (await test.Feed(dag, [heir]))[0].Standing);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Somebody_banned_who_writes_from_before_the_ban_is_soft_failed(string provider)
    {
        await using var test = await Fed.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var ban = dag.Member(Ann, "ban", Cas, tip);
        var evading = dag.State(Cas, EventTypes.Topic, "", new { topic = "still here" }, tip);
        var verdicts = await test.Feed(dag, dag.Events);
        Assert.Equal(PduStanding.SoftFailed, verdicts[^1].Standing);
        Assert.DoesNotContain(await test.Timeline(dag), e => e.EventId == evading.EventId.Value);
        await test.AssertState(dag, [ban.EventId]);

        // Who saw both in the other order refers to it: then it counts as the resolution says.
        var joining = dag.Say(Ben, "I saw both", ban.EventId, evading.EventId);
        Assert.Equal(PduStanding.Accepted, (await test.Feed(dag, [joining]))[0].Standing);
        Assert.Single((await test.Head(dag)).Extremities);
        await test.AssertState(dag, [joining.EventId]);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task State_that_resolution_takes_back_is_told_as_a_change_without_an_event(string provider)
    {
        await using var test = await Fed.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        var topic = dag.State(Ben, EventTypes.Topic, "", new { topic = "Ben's" }, tip);
        await test.Feed(dag, dag.Events);
        var position = (await test.Head(dag)).LastPosition;
        var demoted = dag.State(Ann, EventTypes.PowerLevels, "", new { users = new Dictionary<string, int> { [Ann.Value] = 100 }, state_default = 50 }, tip);
        await test.Feed(dag, [demoted]);
        await test.AssertState(dag, [topic.EventId, demoted.EventId]);
        var deltas = await test.Database.Rooms.Deltas(await test.Nid(dag), position, long.MaxValue);
        Assert.Contains(deltas, d => d.Type == EventTypes.PowerLevels && d.NewNid is not null);
        Assert.Equal(dag.StateAfter([topic.EventId, demoted.EventId]).ContainsKey(StateKey.Topic), deltas.All(d => d.Type != EventTypes.Topic));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_event_whose_predecessors_or_auth_events_are_unknown_waits(string provider)
    {
        await using var test = await Fed.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        await test.Feed(dag, dag.Events);
        var missing = dag.Say(Ben, "lost", tip);
        var next = dag.Say(Ben, "next", missing.EventId);
        var lacking = (await test.Feed(dag, [next]))[0];
        Assert.Equal((PduStanding.LacksPrevEvents, missing.EventId), (lacking.Standing, lacking.Missing.Single()));
        var levels = dag.State(Ann, EventTypes.PowerLevels, "", Levels(RoomVersions.V11, (Ann, 100), (Ben, 60)), next.EventId);
        var governed = dag.Say(Ben, "by them", levels.EventId);
        Assert.Equal(PduStanding.LacksAuthEvents, (await test.Feed(dag, [governed]))[0].Standing);
        Assert.All(await test.Feed(dag, [missing, next, levels, governed]), v => Assert.Equal(PduStanding.Accepted, v.Standing));
        await test.AssertState(dag, [governed.EventId]);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_redaction_that_comes_before_its_target_waits_for_it(string provider)
    {
        await using var test = await Fed.Start(provider);
        var dag = WithMembers(RoomVersions.V11, out var tip);
        await test.Feed(dag, dag.Events);
        var target = dag.Say(Cas, "oops", tip);
        var own = dag.Add(Ben, EventTypes.Redaction, null, new { redacts = target.EventId.Value }, [tip], target.EventId);
        await test.Feed(dag, [own, target]);
        var stored = await test.Database.Rooms.EventById(await test.Nid(dag), target.EventId);
        Assert.NotNull(stored!.RedactedByNid);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Random_graphs_end_in_the_state_of_the_naive_resolver(string provider, string version, int seed)
    {
        await using var test = await Fed.Start(provider);
        var random = new Random(seed);
        var dag = WithMembers(RoomVersions.Get(version), out var tip);
        List<EventId> ends = [tip];
        var soft = new HashSet<EventId>();
        await test.Feed(dag, dag.Events);
        UserId[] users = [Ann, Ben, Cas];
        for (var i = 0; i < 40; i++)
        {
            // A new branch, the end of one, or several joined.
            var from = random.Next(4) switch
            {
                0 => [dag.Events[random.Next(5, dag.Events.Count)].EventId],
                1 when ends.Count > 1 => ends.Take(random.Next(2, ends.Count + 1)).ToArray(),
                _ => new[] { ends[random.Next(ends.Count)] },
            };
            var sender = users[random.Next(3)];
            var pdu = random.Next(7) switch
            {
                0 => dag.State(sender, EventTypes.PowerLevels, "", Levels(dag.Version, (Ann, 100), (Ben, random.Next(2) * 50), (Cas, random.Next(2) * 50)), from),
                1 => dag.Member(sender, "ban", users[random.Next(1, 3)], from),
                2 => dag.Member(sender, random.Next(2) == 0 ? "leave" : "join", sender, from),
                3 => dag.Member(Ann, "leave", users[random.Next(1, 3)], from),
                4 => dag.State(sender, EventTypes.JoinRules, "", new { join_rule = random.Next(2) == 0 ? "public" : "invite" }, from),
                5 => dag.State(sender, EventTypes.Topic, "", new { topic = $"t{i}" }, from),
                _ => dag.Say(sender, $"m{i}", from),
            };
            var verdict = (await test.Feed(dag, [pdu]))[0];
            Assert.Equal(dag.IsRejected(pdu.EventId), verdict.Standing == PduStanding.Rejected);
            if (verdict.Standing == PduStanding.Accepted)
            {
                ends = await test.Ends(dag);
                Assert.Contains(pdu.EventId, ends);
            }

            await test.AssertState(dag, ends);
        }
    }

    public static TheoryData<string, string, int> Versions
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (var version in (string[])["1", "2", "3", "6", "9", "11", "12"])
            {
                data.Add(DatabaseOptions.Sqlite, version, 1);
                data.Add(DatabaseOptions.Sqlite, version, 2);
                data.Add(DatabaseOptions.Sqlite, version, 3);
            }

            data.Add(DatabaseOptions.Postgres, "11", 1);
            data.Add(DatabaseOptions.Postgres, "12", 1);
            return data;
        }
    }
}

/// <summary>A silo on either database, fed with another server's events.</summary>
internal sealed class Fed : IAsyncDisposable
{
    private readonly TestDatabase _test;
    private readonly Dictionary<RoomId, long> _nids = [];

    private Fed(TestDatabase test, RoomServer server) => (_test, Server) = (test, server);

    public RoomServer Server { get; }

    public Database Database => _test.Database;

    public static async Task<Fed> Start(string provider)
    {
        var test = await TestDatabase.Create(provider, options => options with { SynchronousFull = false });
        return new Fed(test, await RoomServer.Start(test.Database));
    }

    public async Task<IReadOnlyList<PduVerdict>> Feed(DagRoom dag, IReadOnlyList<Pdu> events)
    {
        if (!_nids.TryGetValue(dag.Id, out var nid))
        {
            _nids[dag.Id] = nid = await Database.Numbers.RoomNid();
        }

        return await Server.Grains.GetGrain<IRoomGrain>(dag.Id.Value).Receive(new ReceiveCommand
        {
            Events = [.. events.Select(Incoming)],
            NewRoom = new NewRoomFacts(nid, dag.Version.Id, dag.Create.EventId, true, RoomServer.Tenant),
        });
    }

    public async Task<long> Nid(DagRoom dag) => (await Database.Rooms.Find(dag.Id))!.Nid;

    public async Task<RoomHead> Head(DagRoom dag) => await Database.Rooms.LoadHead(await Nid(dag));

    public async Task<IReadOnlyList<StoredEvent>> Timeline(DagRoom dag) => await Database.Rooms.Timeline(await Nid(dag), long.MinValue, backwards: false, 1000, null);

    public async Task<List<EventId>> Ends(DagRoom dag)
    {
        var nid = await Nid(dag);
        var head = await Database.Rooms.LoadHead(nid);
        return [.. (await Database.Rooms.EventsByNids(nid, head.Extremities)).Select(e => EventId.Parse(e.EventId)).Order()];
    }

    /// <summary>The room's current state is the one that these ends make.</summary>
    public async Task AssertState(DagRoom dag, IReadOnlyList<EventId> ends)
    {
        var nid = await Nid(dag);
        var head = await Database.Rooms.LoadHead(nid);
        var stored = await Database.Rooms.EventsByNids(nid, [.. await Database.States.All(nid, head.CurrentState)]);
        var expected = dag.StateAfter(ends);
        Assert.Equal(
            expected.Select(e => $"{e.Key.Type}|{e.Key.Key}|{e.Value}").Order(StringComparer.Ordinal),
            stored.Select(e => $"{e.Type}|{e.StateKey}|{e.EventId}").Order(StringComparer.Ordinal));
        var joined = expected.Where(e => e.Key.Type == EventTypes.Member && MembershipText.Of(dag.Find(e.Value)) == Membership.Join).Select(e => e.Key.Key).Order();
        Assert.Equal(joined, (await Database.Memberships.OfRoom(nid, Membership.Join)).Select(m => m.UserId.Value).Order());
        Assert.Equal(joined.Count(), head.JoinedCount);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _test.DisposeAsync();
    }
}
