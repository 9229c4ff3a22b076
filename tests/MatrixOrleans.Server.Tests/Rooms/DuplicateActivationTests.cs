using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;

namespace MatrixOrleans.Server.Tests.Rooms;

/// <summary>Orleans allows two activations of a grain for a moment; the log must not let them fork a room (DESIGN 4.1).</summary>
public sealed class DuplicateActivationTests
{
    private static readonly UserId Alice = RoomServer.User("alice");

    [Fact]
    public async Task Two_live_activations_of_a_room_cannot_fork_it()
    {
        await using var one = await RoomServer.Start();
        await using var other = await one.Beside();
        var room = await one.Room(Alice);
        var kept = new List<EventId>();
        var refused = 0;
        for (var i = 0; i < 20; i++)
        {
            // Both sides send at once, each from its own memory of the room.
            foreach (var attempt in new[] { Try(one, $"a{i}"), Try(other, $"b{i}") })
            {
                if (await attempt is { } id)
                {
                    kept.Add(id);
                }
                else
                {
                    refused++;
                }
            }
        }

        var nid = (await one.Database.Rooms.Find(room))!.Nid;
        var timeline = await one.Database.Rooms.Timeline(nid, 0, backwards: false, 1000, null);
        Assert.Equal(Enumerable.Range(1, timeline.Count).Select(i => (long?)i), timeline.Select(e => e.RoomSeq));
        Assert.Equal(timeline.Count, timeline.Select(e => e.EventId).Distinct().Count());
        Assert.All(kept, id => Assert.Contains(timeline, e => e.EventId == id.Value));
        Assert.Equal(kept.Count, timeline.Count(e => e.Type == EventTypes.Message));
        Assert.Single((await one.Database.Rooms.LoadHead(nid)).Extremities);

        // Each event has its predecessor, and no other, as its prev_event: one line, no fork.
        var edges = (await one.Database.Rooms.Edges(nid, [.. timeline.Select(e => EventId.Parse(e.EventId))])).ToDictionary(e => e.Id.Value);
        for (var i = 1; i < timeline.Count; i++)
        {
            Assert.Equal([EventId.Parse(timeline[i - 1].EventId)], edges[timeline[i].EventId].Prev);
        }

        Assert.True(refused > 0, "the two activations never met");
        Assert.True(kept.Count >= 20, $"only {kept.Count} of 40 sends were kept");

        async Task<EventId?> Try(RoomServer server, string text)
        {
            try
            {
                return await server.Say(room, Alice, text);
            }
            catch (MatrixException moved)
            {
                Assert.Equal(MatrixError.RoomMoved, moved.Code);
                return null;
            }
        }
    }

    [Fact]
    public async Task A_transaction_repeated_at_another_activation_gets_the_first_answer()
    {
        await using var one = await RoomServer.Start();
        var room = await one.Room(Alice);
        var first = await one.Say(room, Alice, "once", device: "D", txn: "t1");
        Assert.Equal(first, await one.Say(room, Alice, "once", device: "D", txn: "t1"));
        await one.Restart();
        Assert.Equal(first, await one.Say(room, Alice, "once", device: "D", txn: "t1"));
        var nid = (await one.Database.Rooms.Find(room))!.Nid;
        Assert.Single(await one.Database.Rooms.Timeline(nid, 0, backwards: false, 1000, null), e => e.Type == EventTypes.Message);
    }

    [Fact]
    public async Task Many_sends_at_once_are_one_line_in_the_order_of_their_sequence()
    {
        await using var one = await RoomServer.Start();
        var room = await one.Room(Alice);
        var ids = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => one.Say(room, Alice, $"m{i}", device: "D", txn: $"t{i}")));
        Assert.Equal(200, ids.Distinct().Count());
        var nid = (await one.Database.Rooms.Find(room))!.Nid;
        var timeline = await one.Database.Rooms.Timeline(nid, 0, backwards: false, 1000, null);
        var edges = (await one.Database.Rooms.Edges(nid, [.. timeline.Select(e => EventId.Parse(e.EventId))])).ToDictionary(e => e.Id.Value);
        for (var i = 1; i < timeline.Count; i++)
        {
            Assert.Equal([EventId.Parse(timeline[i - 1].EventId)], edges[timeline[i].EventId].Prev);
        }
    }
}
