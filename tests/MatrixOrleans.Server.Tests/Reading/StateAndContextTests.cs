using System.Text.Json;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync;

namespace MatrixOrleans.Server.Tests.Reading;

[Collection(ReadingCollection.Name)]
public class StateAndContextTests(ReadingFixture fixture)
{
    private static int _users;
    private readonly RoomServer _server = fixture.Server;
    private readonly UserId _alice = RoomServer.User($"anne{Interlocked.Increment(ref _users)}");
    private readonly UserId _bob = RoomServer.User($"ben{Interlocked.Increment(ref _users)}");

    [Fact]
    public async Task A_missing_event_and_a_hidden_one_look_the_same()
    {
        var room = await _server.Room(_alice, "joined");
        var hidden = await _server.Say(room, _alice, "hidden");
        await _server.Member(room, MembershipAction.Join, _bob);
        var reader = _server.Reader(room);
        var one = await Assert.ThrowsAsync<MatrixException>(() => reader.Event(Viewer(_bob), hidden).AsTask());
        var other = await Assert.ThrowsAsync<MatrixException>(() => reader.Event(Viewer(_bob), EventId.Parse("$" + new string('a', 43))).AsTask());
        Assert.Equal(MatrixError.NotFound, one.Code);
        Assert.Equal((other.Code, other.Message), (one.Code, one.Message));
    }

    [Fact]
    public async Task Context_splits_the_limit_and_its_tokens_lead_on()
    {
        var room = await _server.Room(_alice);
        var ids = new List<string>();
        for (var i = 0; i < 9; i++)
        {
            ids.Add((await _server.Say(room, _alice, $"m{i}")).Value);
        }

        var reader = _server.Reader(room);
        var context = await reader.Context(Viewer(_alice), EventId.Parse(ids[4]), 4, null);
        Assert.Equal(ids[4], Id(context.Event));
        Assert.Equal([ids[3], ids[2]], context.Before.Select(Id));
        Assert.Equal([ids[5], ids[6]], context.After.Select(Id));
        Assert.Equal(5, context.State.Count);

        var before = await reader.Messages(Viewer(_alice), new MessagesQuery { From = context.Start, Backwards = true, Limit = 1 });
        var after = await reader.Messages(Viewer(_alice), new MessagesQuery { From = context.End, Limit = 1 });
        Assert.Equal((ids[1], ids[7]), (Id(before.Chunk[0]), Id(after.Chunk[0])));
    }

    [Fact]
    public async Task Context_of_limit_0_is_the_event_alone()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var id = await _server.Say(room, _alice, "alone");
        var context = await _server.Reader(room).Context(Viewer(_alice), id, 0, """{"lazy_load_members":true}""");
        Assert.Empty(context.Before);
        Assert.Empty(context.After);
        Assert.Equal([_alice.Value], context.State.Select(RoomServer.Json).Where(IsMember).Select(e => e.GetProperty("state_key").GetString()));
    }

    [Fact]
    public async Task Members_read_the_newest_state_and_who_left_that_of_the_leave()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        await _server.Set(room, _alice, EventTypes.Name, new { name = "old" });
        await _server.Member(room, MembershipAction.Leave, _bob);
        await _server.Set(room, _alice, EventTypes.Name, new { name = "new" });

        Assert.Equal("new", await Name(room, _alice));
        Assert.Equal("old", await Name(room, _bob));
        var state = await _server.Reader(room).State(Viewer(_bob), null);
        Assert.Contains(state.Events.Select(RoomServer.Json), e => e.GetProperty("content").TryGetProperty("name", out var name) && name.GetString() == "old");
        Assert.Equal(7, state.Events.Count);
        Assert.Null(state.Next);
    }

    [Fact]
    public async Task State_that_is_not_set_is_not_found()
    {
        var room = await _server.Room(_alice);
        var e = await Assert.ThrowsAsync<MatrixException>(() => _server.Reader(room).StateEvent(Viewer(_alice), StateKey.Topic, false).AsTask());
        Assert.Equal(MatrixError.NotFound, e.Code);
    }

    [Fact]
    public async Task A_whole_state_event_has_the_members_of_one()
    {
        var room = await _server.Room(_alice);
        var e = RoomServer.Json(await _server.Reader(room).StateEvent(Viewer(_alice), StateKey.JoinRules, true));
        Assert.Equal("m.room.join_rules", e.GetProperty("type").GetString());
        Assert.Equal("", e.GetProperty("state_key").GetString());
        Assert.Equal(room.Value, e.GetProperty("room_id").GetString());
        Assert.Equal("public", e.GetProperty("content").GetProperty("join_rule").GetString());
        Assert.False(e.TryGetProperty("hashes", out _));
    }

    [Fact]
    public async Task Members_are_listed_by_membership_and_at_a_place()
    {
        var room = await _server.Room(_alice);
        var position = _server.Database.Writer.CommittedPosition;
        await _server.Member(room, MembershipAction.Join, _bob);
        var carol = RoomServer.User("carol");
        await _server.Member(room, MembershipAction.Invite, _alice, carol);

        Assert.Equal([_alice.Value, _bob.Value, carol.Value], await Members(room, new MembersQuery()));
        Assert.Equal([_alice.Value, _bob.Value], await Members(room, new MembersQuery { Membership = "join" }));
        Assert.Equal([carol.Value], await Members(room, new MembersQuery { NotMembership = "join" }));
        Assert.Equal([_alice.Value], await Members(room, new MembersQuery { At = new SyncToken(position, 0, 0, 0).ToString() }));
    }

    [Fact]
    public async Task Joined_members_come_with_their_names_and_only_to_members()
    {
        var room = await _server.Room(_alice);
        await _server.Grains.GetGrain<IRoomGrain>(room.Value).ChangeMembership(
            new MembershipRequest { Action = MembershipAction.Join, Sender = _bob, Target = _bob, DisplayName = "Bob", AvatarUrl = "mxc://x/y" });
        var page = await _server.Reader(room).JoinedMembers(Viewer(_alice), null);
        Assert.Contains(new JoinedMember(_bob.Value, "Bob", "mxc://x/y"), page.Members);
        Assert.False(page.More);

        await _server.Member(room, MembershipAction.Leave, _bob);
        var e = await Assert.ThrowsAsync<MatrixException>(() => _server.Reader(room).JoinedMembers(Viewer(_bob), null).AsTask());
        Assert.Equal(MatrixError.Forbidden, e.Code);
    }

    private static Viewer Viewer(UserId user) => new(user, "D");

    private static string Id(ReadOnlyMemory<byte> e) => RoomServer.Json(e).GetProperty("event_id").GetString()!;

    private static bool IsMember(JsonElement e) => e.GetProperty("type").GetString() == "m.room.member";

    private async Task<string?> Name(RoomId room, UserId user) =>
        RoomServer.Json(await _server.Reader(room).StateEvent(Viewer(user), StateKey.Name, false)).GetProperty("name").GetString();

    private async Task<List<string?>> Members(RoomId room, MembersQuery query) =>
        [.. (await _server.Reader(room).Members(Viewer(_alice), query, null)).Events.Select(e => RoomServer.Json(e).GetProperty("state_key").GetString())];
}
