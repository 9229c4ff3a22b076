using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Server.Tests.Reading;

[Collection(ReadingCollection.Name)]
public class AggregationsTests(ReadingFixture fixture)
{
    private static int _users;
    private readonly RoomServer _server = fixture.Server;
    private readonly UserId _alice = RoomServer.User($"aggalice{Interlocked.Increment(ref _users)}");
    private readonly UserId _bob = RoomServer.User($"aggbob{Interlocked.Increment(ref _users)}");

    [Fact]
    public async Task The_newest_edit_of_the_same_sender_is_bundled_and_a_redacted_one_uncovers_the_one_before()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var original = await _server.Say(room, _alice, "original");
        var edits = new List<(long Ts, string Id, EventId Edit)>();
        for (var i = 0; i < 2; i++)
        {
            var edit = await Edit(room, _alice, original);
            edits.Add(((await Event(room, edit)).GetProperty("origin_server_ts").GetInt64(), edit.Value, edit));
        }

        // Edits of one millisecond are ordered by their ids.
        edits.Sort((a, b) => a.Ts != b.Ts ? a.Ts.CompareTo(b.Ts) : string.CompareOrdinal(a.Id, b.Id));
        var (first, second) = (edits[0].Edit, edits[1].Edit);
        await Edit(room, _bob, original);
        await Relate(room, _alice, original, "m.replace");

        var bundled = Relations(await Event(room, original)).GetProperty("m.replace");
        Assert.Equal(second.Value, bundled.GetProperty("event_id").GetString());
        Assert.Equal(_alice.Value, bundled.GetProperty("sender").GetString());
        Assert.Equal("original", (await Event(room, original)).GetProperty("content").GetProperty("body").GetString());
        await _server.Redact(room, _alice, second);
        Assert.Equal(first.Value, Relations(await Event(room, original)).GetProperty("m.replace").GetProperty("event_id").GetString());
        await _server.Redact(room, _alice, original);
        Assert.False(HasRelations(await Event(room, original)));
    }

    [Fact]
    public async Task An_edit_takes_no_edits()
    {
        var room = await _server.Room(_alice);
        var original = await _server.Say(room, _alice, "original");
        var edit = await Edit(room, _alice, original);
        await Edit(room, _alice, edit);
        Assert.False(HasRelations(await Event(room, edit)));
    }

    [Fact]
    public async Task A_thread_tells_its_newest_event_with_the_edits_of_that_its_count_and_who_took_part()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var root = await _server.Say(room, _bob, "root");
        await Relate(room, _bob, root, "m.thread");
        var last = await Relate(room, _bob, root, "m.thread");
        var edit = await Edit(room, _bob, last);

        var thread = Relations(await Event(room, root)).GetProperty("m.thread");
        Assert.Equal((2, false), (thread.GetProperty("count").GetInt32(), thread.GetProperty("current_user_participated").GetBoolean()));
        Assert.Equal(last.Value, thread.GetProperty("latest_event").GetProperty("event_id").GetString());
        Assert.Equal(edit.Value, Relations(thread.GetProperty("latest_event")).GetProperty("m.replace").GetProperty("event_id").GetString());

        var own = await Relate(room, _alice, root, "m.thread");
        await _server.Of(_alice).SetAccountData(
            null, "m.ignored_user_list", RoomServer.Utf8(new { ignored_users = new Dictionary<string, object> { [_bob.Value] = new() } }));
        thread = Relations(await Event(room, root)).GetProperty("m.thread");
        Assert.Equal((1, true), (thread.GetProperty("count").GetInt32(), thread.GetProperty("current_user_participated").GetBoolean()));
        Assert.Equal(own.Value, thread.GetProperty("latest_event").GetProperty("event_id").GetString());
    }

    [Fact]
    public async Task References_are_listed_in_their_order_wherever_the_event_is_read_and_reactions_are_not()
    {
        var room = await _server.Room(_alice);
        var target = await _server.Say(room, _alice, "target");
        var one = await Relate(room, _alice, target, "m.reference");
        var two = await Relate(room, _alice, target, "m.reference");
        await _server.Say(room, _alice, "reaction", new { rel_type = "m.annotation", event_id = target.Value, key = "+" });

        var viewer = new Viewer(_alice, "D");
        var messages = await _server.Reader(room).Messages(viewer, new MessagesQuery { Backwards = true, Limit = 20 });
        var context = await _server.Reader(room).Context(viewer, target, 10, null);
        foreach (var json in new[] { await Event(room, target), messages.Chunk.Select(RoomServer.Json).Single(e => e.GetProperty("event_id").GetString() == target.Value), RoomServer.Json(context.Event) })
        {
            Assert.Equal("m.reference", Assert.Single(Relations(json).EnumerateObject()).Name);
            Assert.Equal([one.Value, two.Value], Relations(json).GetProperty("m.reference").GetProperty("chunk").EnumerateArray().Select(e => e.GetProperty("event_id").GetString()!));
        }
    }

    [Fact]
    public async Task What_the_reader_may_not_see_is_not_bundled()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var target = await _server.Say(room, _bob, "target");
        var seen = await Edit(room, _bob, target);
        await _server.Member(room, MembershipAction.Leave, _bob);
        await Relate(room, _alice, target, "m.reference");

        var bundle = Relations(RoomServer.Json(await _server.Reader(room).Event(new Viewer(_bob, "D"), target)));
        Assert.Equal(seen.Value, bundle.GetProperty("m.replace").GetProperty("event_id").GetString());
        Assert.False(bundle.TryGetProperty("m.reference", out _));
        Assert.True(Relations(await Event(room, target)).TryGetProperty("m.reference", out _));
    }

    private static JsonElement Relations(JsonElement e) => e.GetProperty("unsigned").GetProperty("m.relations");

    private static bool HasRelations(JsonElement e) => e.GetProperty("unsigned").TryGetProperty("m.relations", out _);

    private async Task<JsonElement> Event(RoomId room, EventId id) => RoomServer.Json(await _server.Reader(room).Event(new Viewer(_alice, "D"), id));

    private Task<EventId> Relate(RoomId room, UserId sender, EventId target, string type) =>
        _server.Say(room, sender, "related", new { rel_type = type, event_id = target.Value });

    private async Task<EventId> Edit(RoomId room, UserId sender, EventId target) =>
        (await _server.Grains.GetGrain<IRoomGrain>(room.Value).Send(new SendRequest
        {
            Sender = sender,
            Type = EventTypes.Message,
            Content = RoomServer.Utf8(new Dictionary<string, object>
            {
                ["msgtype"] = "m.text",
                ["body"] = "* edited",
                ["m.new_content"] = new { msgtype = "m.text", body = "edited" },
                ["m.relates_to"] = new { rel_type = "m.replace", event_id = target.Value },
            }),
        })).EventId;
}
