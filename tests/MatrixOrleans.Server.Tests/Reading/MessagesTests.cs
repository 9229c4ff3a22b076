using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync;

namespace MatrixOrleans.Server.Tests.Reading;

[Collection(ReadingCollection.Name)]
public class MessagesTests(ReadingFixture fixture)
{
    private static int _users;
    private readonly RoomServer _server = fixture.Server;
    private readonly UserId _alice = RoomServer.User($"alice{Interlocked.Increment(ref _users)}");
    private readonly UserId _bob = RoomServer.User($"bob{Interlocked.Increment(ref _users)}");

    [Fact]
    public async Task Pages_backwards_and_forwards_meet_every_event_once_in_the_same_order()
    {
        var room = await _server.Room(_alice);
        for (var i = 0; i < 25; i++)
        {
            await _server.Say(room, _alice, $"m{i}");
        }

        var backwards = await All(room, _alice, true, 7);
        var forwards = await All(room, _alice, false, 7);
        Assert.Equal(30, backwards.Count);
        Assert.Equal(backwards.AsEnumerable().Reverse(), forwards);
    }

    [Fact]
    public async Task A_read_after_a_send_shows_it()
    {
        var room = await _server.Room(_alice);
        for (var i = 0; i < 20; i++)
        {
            var sent = await _server.Say(room, _alice, "now");
            var page = await _server.Reader(room).Messages(Viewer(_alice), new MessagesQuery { Backwards = true, Limit = 1 });
            Assert.Equal(sent.Value, Id(page.Chunk[0]));
        }
    }

    [Fact]
    public async Task The_start_is_the_token_that_was_given_and_an_end_stays_away_at_the_end()
    {
        var room = await _server.Room(_alice);
        var token = new RoomToken(2).ToString();
        var page = await _server.Reader(room).Messages(Viewer(_alice), new MessagesQuery { From = token, Backwards = true, Limit = 10 });
        Assert.Equal(token, page.Start);
        Assert.Equal(2, page.Chunk.Count);
        Assert.Null(page.End);
    }

    [Fact]
    public async Task The_token_of_a_sync_and_a_to_bound_the_page()
    {
        var room = await _server.Room(_alice);
        await _server.Say(room, _alice, "before");
        var position = _server.Database.Writer.CommittedPosition;
        var after = await _server.Say(room, _alice, "after");
        await _server.Say(room, _alice, "later");

        var from = new SyncToken(position, 0, 0, 0).ToString();
        var forwards = await _server.Reader(room).Messages(Viewer(_alice), new MessagesQuery { From = from, Limit = 1 });
        Assert.Equal(after.Value, Id(Assert.Single(forwards.Chunk)));

        var bounded = await _server.Reader(room).Messages(Viewer(_alice), new MessagesQuery { To = from, Backwards = true, Limit = 10 });
        Assert.Equal(2, bounded.Chunk.Count);
        Assert.Null(bounded.End);
    }

    [Fact]
    public async Task Junk_for_a_token_is_refused()
    {
        var room = await _server.Room(_alice);
        var e = await Assert.ThrowsAsync<MatrixException>(() => _server.Reader(room).Messages(Viewer(_alice), new MessagesQuery { From = "s9_x", Limit = 1 }).AsTask());
        Assert.Equal(MatrixError.InvalidParam, e.Code);
    }

    [Fact]
    public async Task Strangers_and_those_who_ask_for_a_room_that_is_not_there_get_the_same_answer()
    {
        var room = await _server.Room(_alice);
        var stranger = await Refusal(room, _bob);
        var missing = await Refusal(RoomId.Parse("!nowhere:one.test"), _bob);
        Assert.Equal(MatrixError.Forbidden, stranger.Code);
        Assert.Equal((missing.Code, missing.Message), (stranger.Code, stranger.Message));
    }

    [Fact]
    public async Task Who_left_reads_up_to_the_leave_and_no_further()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var seen = await _server.Say(room, _alice, "seen");
        var leave = await _server.Member(room, MembershipAction.Leave, _bob);
        await _server.Say(room, _alice, "unseen");

        var page = await _server.Reader(room).Messages(Viewer(_bob), new MessagesQuery { Backwards = true, Limit = 2 });
        Assert.Equal([leave.Value, seen.Value], page.Chunk.Select(Id));
    }

    [Fact]
    public async Task A_ban_after_the_leave_shows_nothing_of_what_came_in_between()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var leave = await _server.Member(room, MembershipAction.Leave, _bob);
        await _server.Say(room, _alice, "unseen");
        await _server.Member(room, MembershipAction.Ban, _alice, _bob);

        var page = await _server.Reader(room).Messages(Viewer(_bob), new MessagesQuery { Backwards = true, Limit = 1 });
        Assert.Equal(leave.Value, Id(page.Chunk[0]));
    }

    [Fact]
    public async Task Who_was_only_invited_and_declined_reads_nothing()
    {
        var room = await _server.Room(_alice);
        await _server.Member(room, MembershipAction.Invite, _alice, _bob);
        Assert.Equal(MatrixError.Forbidden, (await Refusal(room, _bob)).Code);
        await _server.Member(room, MembershipAction.Leave, _bob);
        Assert.Equal(MatrixError.Forbidden, (await Refusal(room, _bob)).Code);
    }

    [Fact]
    public async Task A_forgotten_room_is_closed()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        await _server.Member(room, MembershipAction.Leave, _bob);
        await _server.Forget(room, _bob);
        Assert.Equal(MatrixError.Forbidden, (await Refusal(room, _bob)).Code);
    }

    [Theory]
    [InlineData("shared", true, true)]
    [InlineData("invited", false, true)]
    [InlineData("joined", false, false)]
    public async Task Newcomers_see_the_history_that_was_for_them(string visibility, bool beforeInvite, bool beforeJoin)
    {
        var room = await _server.Room(_alice, visibility);
        var first = await _server.Say(room, _alice, "before the invite");
        await _server.Member(room, MembershipAction.Invite, _alice, _bob);
        var second = await _server.Say(room, _alice, "before the join");
        await _server.Member(room, MembershipAction.Join, _bob);
        var third = await _server.Say(room, _alice, "after the join");

        var seen = (await All(room, _bob, true, 5)).ToHashSet();
        Assert.Equal((beforeInvite, beforeJoin, true), (seen.Contains(first.Value), seen.Contains(second.Value), seen.Contains(third.Value)));
    }

    [Fact]
    public async Task Anybody_reads_a_world_readable_room_but_nothing_from_before_it_was()
    {
        var room = await _server.Room(_alice, "joined");
        var hidden = await _server.Say(room, _alice, "hidden");
        var opening = await _server.Set(room, _alice, EventTypes.HistoryVisibility, new { history_visibility = "world_readable" });
        var open = await _server.Say(room, _alice, "open");

        var seen = (await All(room, _bob, true, 5)).ToHashSet();
        Assert.Equal((false, true, true), (seen.Contains(hidden.Value), seen.Contains(opening.Value), seen.Contains(open.Value)));
    }

    [Fact]
    public async Task A_page_of_what_nobody_may_see_is_never_stuck()
    {
        var room = await _server.Room(_alice, "joined");
        for (var i = 0; i < 60; i++)
        {
            await _server.Say(room, _alice, "hidden");
        }

        await _server.Member(room, MembershipAction.Join, _bob);
        // The join, and the five events from before the room's history was closed.
        Assert.Equal(6, (await All(room, _bob, true, 3)).Count);
    }

    [Fact]
    public async Task A_filter_picks_events_and_brings_the_members_of_their_senders()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        await _server.Say(room, _alice, "no");
        var wanted = await _server.Say(room, _bob, "yes");
        var filter = JsonSerializer.Serialize(new { senders = new[] { _bob.Value }, types = new[] { "m.room.message" }, lazy_load_members = true });
        var page = await _server.Reader(room).Messages(Viewer(_alice), new MessagesQuery { Backwards = true, Limit = 10, Filter = filter });
        Assert.Equal(wanted.Value, Id(Assert.Single(page.Chunk)));
        Assert.Equal(_bob.Value, RoomServer.Json(Assert.Single(page.State)).GetProperty("state_key").GetString());
    }

    [Fact]
    public async Task Messages_of_ignored_users_are_left_out_and_their_state_stays()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var message = await _server.Say(room, _bob, "hidden");
        await _server.Of(_alice).SetAccountData(null, "m.ignored_user_list", RoomServer.Utf8(new { ignored_users = new Dictionary<string, object> { [_bob.Value] = new() } }));
        var seen = await All(room, _alice, true, 10);
        Assert.DoesNotContain(message.Value, seen);
        Assert.Equal(6, seen.Count);
    }

    [Fact]
    public async Task Unsigned_tells_each_reader_his_own()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        await _server.Say(room, _alice, "hello", device: "DEV", txn: "t1");
        var own = Unsigned((await Newest(room, new Viewer(_alice, "DEV"))).Chunk[0]);
        Assert.Equal("t1", own.GetProperty("transaction_id").GetString());
        Assert.Equal("join", own.GetProperty("membership").GetString());
        Assert.True(own.GetProperty("age").GetInt64() is >= 0 and < 60_000);
        Assert.False(Unsigned((await Newest(room, new Viewer(_alice, "OTHER"))).Chunk[0]).TryGetProperty("transaction_id", out _));
        Assert.False(Unsigned((await Newest(room, new Viewer(_bob, "DEV"))).Chunk[0]).TryGetProperty("transaction_id", out _));
    }

    [Fact]
    public async Task A_state_event_tells_what_it_replaced_to_those_who_saw_that()
    {
        var room = await _server.Room(_alice, "joined");
        var old = await _server.Set(room, _alice, EventTypes.Name, new { name = "old" });
        await _server.Member(room, MembershipAction.Join, _bob);
        await _server.Set(room, _alice, EventTypes.Name, new { name = "new" });

        var alices = Unsigned((await Newest(room, Viewer(_alice))).Chunk[0]);
        Assert.Equal(old.Value, alices.GetProperty("replaces_state").GetString());
        Assert.Equal("old", alices.GetProperty("prev_content").GetProperty("name").GetString());
        var bobs = Unsigned((await Newest(room, Viewer(_bob))).Chunk[0]);
        Assert.Equal(old.Value, bobs.GetProperty("replaces_state").GetString());
        Assert.False(bobs.TryGetProperty("prev_content", out _));
    }

    [Fact]
    public async Task A_redacted_event_is_served_pruned_with_its_redaction()
    {
        var room = await _server.Room(_alice);
        var target = await _server.Say(room, _alice, "secret");
        var redaction = await _server.Redact(room, _alice, target);
        var e = RoomServer.Json(await _server.Reader(room).Event(Viewer(_alice), target));
        Assert.Empty(e.GetProperty("content").EnumerateObject());
        Assert.Equal(redaction.Value, e.GetProperty("unsigned").GetProperty("redacted_because").GetProperty("event_id").GetString());
    }

    private static Viewer Viewer(UserId user) => new(user, "D");

    private static string Id(ReadOnlyMemory<byte> e) => RoomServer.Json(e).GetProperty("event_id").GetString()!;

    private static JsonElement Unsigned(ReadOnlyMemory<byte> e) => RoomServer.Json(e).GetProperty("unsigned");

    private ValueTask<EventPage> Newest(RoomId room, Viewer viewer) => _server.Reader(room).Messages(viewer, new MessagesQuery { Backwards = true, Limit = 1 });

    private async Task<MatrixException> Refusal(RoomId room, UserId user) =>
        await Assert.ThrowsAsync<MatrixException>(() => _server.Reader(room).Messages(Viewer(user), new MessagesQuery { Backwards = true, Limit = 1 }).AsTask());

    private async Task<List<string>> All(RoomId room, UserId user, bool backwards, int limit)
    {
        var ids = new List<string>();
        string? from = null;
        for (var pages = 0; pages < 100; pages++)
        {
            var page = await _server.Reader(room).Messages(Viewer(user), new MessagesQuery { From = from, Backwards = backwards, Limit = limit });
            ids.AddRange(page.Chunk.Select(Id));
            if (page.End is null)
            {
                return ids;
            }

            Assert.NotEqual(from, page.End);
            from = page.End;
        }

        throw new InvalidOperationException("The pages do not end");
    }
}
