using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync;

namespace MatrixOrleans.Server.Tests.Reading;

[Collection(ReadingCollection.Name)]
public class RelationsTests(ReadingFixture fixture)
{
    private static int _users;
    private readonly RoomServer _server = fixture.Server;
    private readonly UserId _alice = RoomServer.User($"relalice{Interlocked.Increment(ref _users)}");
    private readonly UserId _bob = RoomServer.User($"relbob{Interlocked.Increment(ref _users)}");

    [Fact]
    public async Task Related_events_are_paged_in_both_directions_by_tokens_of_messages_and_sync()
    {
        var room = await _server.Room(_alice);
        var root = await _server.Say(room, _alice, "root");
        var replies = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            replies.Add((await Relate(room, _alice, root, "m.thread")).Value);
            await _server.Say(room, _alice, "between");
        }

        Assert.Equal(replies.AsEnumerable().Reverse(), await All(room, new RelationsQuery { Event = root, Backwards = true, Limit = 3 }));
        Assert.Equal(replies, await All(room, new RelationsQuery { Event = root, Limit = 3 }));

        var position = _server.Database.Writer.CommittedPosition;
        var later = await Relate(room, _alice, root, "m.thread");
        var since = new SyncToken(position, 0, 0, 0).ToString();
        Assert.Equal([later.Value], await All(room, new RelationsQuery { Event = root, From = since, Limit = 3 }));
        Assert.Equal([later.Value], await All(room, new RelationsQuery { Event = root, To = since, Backwards = true, Limit = 3 }));
        var messages = await _server.Reader(room).Messages(new Viewer(_alice, "D"), new MessagesQuery { Backwards = true, Limit = 2 });
        Assert.Equal(replies.AsEnumerable().Reverse(), await All(room, new RelationsQuery { Event = root, From = messages.End, Backwards = true, Limit = 3 }));
    }

    [Fact]
    public async Task Relation_and_event_type_pick_and_redacted_events_relate_to_nothing()
    {
        var room = await _server.Room(_alice);
        var root = await _server.Say(room, _alice, "root");
        var reply = await Relate(room, _alice, root, "m.thread");
        var reference = await Relate(room, _alice, root, "m.reference");
        var gone = await Relate(room, _alice, root, "m.thread");
        await _server.Redact(room, _alice, gone);

        Assert.Equal([reference.Value, reply.Value], await All(room, new RelationsQuery { Event = root, Backwards = true, Limit = 9 }));
        Assert.Equal([reply.Value], await All(room, new RelationsQuery { Event = root, RelType = "m.thread", Backwards = true, Limit = 9 }));
        Assert.Equal([reply.Value], await All(room, new RelationsQuery { Event = root, RelType = "m.thread", EventType = "m.room.message", Backwards = true, Limit = 9 }));
        Assert.Empty(await All(room, new RelationsQuery { Event = root, RelType = "m.thread", EventType = "m.sticker", Backwards = true, Limit = 9 }));
    }

    [Fact]
    public async Task Recursion_goes_three_levels_deep()
    {
        var room = await _server.Room(_alice);
        var chain = new List<EventId> { await _server.Say(room, _alice, "root") };
        for (var i = 0; i < 4; i++)
        {
            chain.Add(await Relate(room, _alice, chain[^1], "m.reference"));
        }

        var page = await _server.Reader(room).Relations(new Viewer(_alice, "D"), new RelationsQuery { Event = chain[0], Limit = 9, Recurse = true });
        Assert.Equal(chain[1..4].Select(e => e.Value), page.Chunk.Select(Id));
        Assert.Equal(3, page.RecursionDepth);
        Assert.Equal([chain[1].Value], await All(room, new RelationsQuery { Event = chain[0], Limit = 9 }));
    }

    [Fact]
    public async Task Relations_are_only_for_those_who_may_see_the_event_and_never_of_ignored_users()
    {
        var room = await _server.Room(_alice, "joined");
        var hidden = await _server.Say(room, _alice, "hidden");
        await _server.Member(room, MembershipAction.Join, _bob);
        await Relate(room, _bob, hidden, "m.reference");
        var refusal = await Assert.ThrowsAsync<MatrixException>(
            () => _server.Reader(room).Relations(new Viewer(_bob, "D"), new RelationsQuery { Event = hidden, Limit = 1 }).AsTask());
        Assert.Equal(MatrixError.NotFound, refusal.Code);
        Assert.Single(await All(room, new RelationsQuery { Event = hidden, Limit = 9 }));
        await Ignore(_bob);
        Assert.Empty(await All(room, new RelationsQuery { Event = hidden, Limit = 9 }));
    }

    [Fact]
    public async Task Threads_come_by_their_newest_event_and_by_who_took_part()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var roots = new List<EventId>();
        for (var i = 0; i < 3; i++)
        {
            roots.Add(await _server.Say(room, i == 0 ? _alice : _bob, "root"));
            await Relate(room, _bob, roots[i], "m.thread");
        }

        await Relate(room, _bob, roots[0], "m.thread");
        Assert.Equal([roots[0].Value, roots[2].Value, roots[1].Value], await Threads(room, false, 2));
        Assert.Equal([roots[0].Value], await Threads(room, true, 2));
        await Relate(room, _alice, roots[1], "m.thread");
        Assert.Equal([roots[1].Value, roots[0].Value], await Threads(room, true, 1));
    }

    private static string Id(ReadOnlyMemory<byte> e) => RoomServer.Json(e).GetProperty("event_id").GetString()!;

    private Task<EventId> Relate(RoomId room, UserId sender, EventId target, string type) =>
        _server.Say(room, sender, "related", new { rel_type = type, event_id = target.Value });

    private async Task Ignore(UserId user) => await _server.Of(_alice).SetAccountData(
        null, "m.ignored_user_list", RoomServer.Utf8(new { ignored_users = new Dictionary<string, object> { [user.Value] = new() } }));

    private async Task<List<string>> All(RoomId room, RelationsQuery query)
    {
        var ids = new List<string>();
        for (var pages = 0; pages < 50; pages++)
        {
            var page = await _server.Reader(room).Relations(new Viewer(_alice, "D"), query);
            ids.AddRange(page.Chunk.Select(Id));
            if (page.NextBatch is null)
            {
                return ids;
            }

            query = query with { From = page.NextBatch };
        }

        throw new InvalidOperationException("The pages do not end");
    }

    private async Task<List<string>> Threads(RoomId room, bool participated, int limit)
    {
        var ids = new List<string>();
        string? from = null;
        for (var pages = 0; pages < 50; pages++)
        {
            var page = await _server.Reader(room).Threads(new Viewer(_alice, "D"), new ThreadsQuery(participated, limit, from));
            ids.AddRange(page.Chunk.Select(Id));
            if (page.NextBatch is null)
            {
                return ids;
            }

            from = page.NextBatch;
        }

        throw new InvalidOperationException("The pages do not end");
    }
}
