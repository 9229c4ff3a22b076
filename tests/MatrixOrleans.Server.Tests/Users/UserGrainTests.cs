using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;

namespace MatrixOrleans.Server.Tests.Users;

[Collection(ReadingCollection.Name)]
public class UserGrainTests(ReadingFixture fixture)
{
    private static int _users;
    private readonly RoomServer _server = fixture.Server;
    private readonly UserId _alice = RoomServer.User($"ada{Interlocked.Increment(ref _users)}");
    private readonly UserId _bob = RoomServer.User($"bill{Interlocked.Increment(ref _users)}");

    [Fact]
    public async Task Account_data_is_kept_globally_and_per_room_apart()
    {
        var room = await _server.Room(_alice);
        var user = _server.Of(_alice);
        await user.SetAccountData(null, "org.x", """{"a":1}"""u8.ToArray());
        await user.SetAccountData(room, "org.x", """{"a":2}"""u8.ToArray());
        Assert.Equal("""{"a":1}""", RoomServer.Text(await user.AccountData(null, "org.x")));
        Assert.Equal("""{"a":2}""", RoomServer.Text(await user.AccountData(room, "org.x")));
        await Refused(MatrixError.NotFound, () => user.AccountData(null, "org.y").AsTask());
    }

    [Fact]
    public async Task Account_data_takes_a_position_in_the_log_only_when_it_changes()
    {
        var user = _server.Of(_alice);
        await user.SetAccountData(null, "org.x", """{"a":1}"""u8.ToArray());
        var position = _server.Database.Writer.CommittedPosition;
        await user.SetAccountData(null, "org.x", """{"a":1}"""u8.ToArray());
        Assert.Equal(position, _server.Database.Writer.CommittedPosition);
        await user.SetAccountData(null, "org.x", """{"a":2}"""u8.ToArray());
        Assert.Equal(position + 1, _server.Database.Writer.CommittedPosition);
    }

    [Theory]
    [InlineData("m.fully_read")]
    [InlineData("m.push_rules")]
    public async Task Types_that_the_server_manages_cannot_be_set(string type)
    {
        var e = await Refused(MatrixError.BadJson.WithStatus(405), () => _server.Of(_alice).SetAccountData(null, type, "{}"u8.ToArray()).AsTask());
        Assert.Equal(405, e.Code.Status);
    }

    [Fact]
    public async Task Push_rules_can_be_read_as_account_data_before_any_was_set() =>
        Assert.True(RoomServer.Json(await _server.Of(_alice).AccountData(null, "m.push_rules")).GetProperty("global").TryGetProperty("override", out _));

    [Fact]
    public async Task The_same_filter_gets_the_same_id_and_another_gets_another()
    {
        var user = _server.Of(_alice);
        var one = await user.DefineFilter("""{"room":{"timeline":{"limit":5}},"event_format":"client"}"""u8.ToArray());
        Assert.Equal(one, await user.DefineFilter("""{"event_format":"client","room":{"timeline":{"limit":5}}}"""u8.ToArray()));
        Assert.NotEqual(one, await user.DefineFilter("{}"u8.ToArray()));
        Assert.Equal(5, RoomServer.Json(await user.Filter(one)).GetProperty("room").GetProperty("timeline").GetProperty("limit").GetInt32());
        await Refused(MatrixError.NotFound, () => user.Filter("77").AsTask());
        await Refused(MatrixError.NotFound, () => user.Filter("x").AsTask());
        await Refused(MatrixError.NotFound, () => _server.Of(_bob).Filter(one).AsTask());
        await Refused(MatrixError.BadJson, () => user.DefineFilter("""{"room":5}"""u8.ToArray()).AsTask());
    }

    [Fact]
    public async Task Tags_come_and_go_without_touching_each_other()
    {
        var room = await _server.Room(_alice);
        var user = _server.Of(_alice);
        await user.SetTag(room, "m.favourite", """{"order":0.5}"""u8.ToArray());
        await user.SetTag(room, "u.work", "{}"u8.ToArray());
        await user.SetTag(room, "m.favourite", null);
        Assert.Equal("""{"tags":{"u.work":{}}}""", RoomServer.Text(await user.AccountData(room, "m.tag")));
    }

    [Fact]
    public async Task Receipts_move_forwards_only_and_apart_for_each_thread()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var first = await _server.Say(room, _alice, "1");
        var second = await _server.Say(room, _alice, "2");
        await Receipt(room, "m.read", second, null);
        await Receipt(room, "m.read", first, null);
        await Receipt(room, "m.read", first, "main");
        await Receipt(room, "m.read.private", second, null);
        Assert.Equal(
            [("m.read", "", second.Value), ("m.read", "main", first.Value), ("m.read.private", "", second.Value)],
            await Receipts(room));
    }

    [Fact]
    public async Task A_receipt_names_an_event_of_the_room_and_of_the_thread()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var root = await _server.Say(room, _alice, "root");
        var reply = await _server.Say(room, _alice, "reply", new { rel_type = "m.thread", event_id = root.Value });
        var outside = await _server.Say(room, _alice, "outside");
        await Receipt(room, "m.read", reply, root.Value);
        await Refused(MatrixError.InvalidParam, () => Receipt(room, "m.read", outside, root.Value));
        await Refused(MatrixError.InvalidParam, () => Receipt(room, "m.read", reply, "main"));
        await Refused(MatrixError.InvalidParam, () => Receipt(room, "m.read", outside, "nonsense"));
        await Refused(MatrixError.InvalidParam, () => Receipt(room, "m.read", EventId.Parse("$" + new string('b', 43)), null));
        await Refused(MatrixError.InvalidParam, () => Receipt(room, "m.fully_read", outside, "main"));
        await Refused(MatrixError.InvalidParam, () => Receipt(room, "m.seen", outside, null));
        Assert.Equal([("m.read", root.Value, reply.Value)], await Receipts(room));
    }

    [Fact]
    public async Task Receipts_are_for_members()
    {
        var room = await _server.Room(_alice);
        var id = await _server.Say(room, _alice, "x");
        await Refused(MatrixError.Forbidden, () => Receipt(room, "m.read", id, null));
    }

    [Fact]
    public async Task The_fully_read_marker_is_account_data_of_the_room_and_does_not_move_back()
    {
        var room = await _server.Room(_alice, "shared", _bob);
        var first = await _server.Say(room, _alice, "1");
        var second = await _server.Say(room, _alice, "2");
        var user = _server.Of(_bob);
        await user.SetReceipts(room, [new ReceiptRequest("m.fully_read", second, null), new ReceiptRequest("m.read", first, null)]);
        await user.SetReceipts(room, [new ReceiptRequest("m.fully_read", first, null)]);
        Assert.Equal($$"""{"event_id":"{{second.Value}}"}""", RoomServer.Text(await user.AccountData(room, "m.fully_read")));
        Assert.Equal([("m.read", "", first.Value)], await Receipts(room));
    }

    private static async Task<MatrixException> Refused(MatrixError code, Func<Task> act)
    {
        var e = await Assert.ThrowsAsync<MatrixException>(act);
        Assert.Equal(code, e.Code);
        return e;
    }

    private async Task Receipt(RoomId room, string type, EventId id, string? thread) =>
        await _server.Of(_bob).SetReceipts(room, [new ReceiptRequest(type, id, thread)]);

    private async Task<List<(string, string, string)>> Receipts(RoomId room)
    {
        var nid = (await _server.Database.Rooms.Find(room))!.Nid;
        return [.. (await _server.Database.Receipts.OfUser(nid, _bob)).Select(r => (r.Type, r.Thread, r.EventId)).Order()];
    }
}
