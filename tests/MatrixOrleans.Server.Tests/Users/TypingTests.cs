using MatrixOrleans.Contracts.Ephemeral;
using MatrixOrleans.Grains.Ephemeral;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;

namespace MatrixOrleans.Server.Tests.Users;

public class TypingTests
{
    private readonly UserId _alice = RoomServer.User("alice");
    private readonly UserId _bob = RoomServer.User("bob");

    [Fact]
    public void The_list_changes_when_somebody_begins_or_ends_and_not_while_they_go_on()
    {
        var list = new TypingList();
        Assert.True(list.Set(_alice, 100, 0));
        Assert.True(list.Set(_bob, 50, 0));
        Assert.False(list.Set(_alice, 200, 10));
        Assert.Equal((2, 50L), (list.Version, list.NextEndMs));
        Assert.False(list.Expire(49));
        Assert.True(list.Expire(50));
        Assert.Equal([_alice], list.Users);
        Assert.True(list.Set(_alice, 60, 60));
        Assert.False(list.Set(_alice, 60, 60));
        Assert.Empty(list.Users);
        Assert.Null(list.NextEndMs);
        Assert.Equal(4, list.Version);
    }

    [Fact]
    public async Task Typing_is_told_ends_by_itself_and_is_for_members()
    {
        await using var server = await RoomServer.Start();
        var room = await server.Room(_alice);
        var grain = server.Grains.GetGrain<IRoomEphemeralGrain>(room.Value);
        var e = await Assert.ThrowsAsync<MatrixException>(() => grain.SetTyping(_bob, 1000).AsTask());
        Assert.Equal(MatrixError.Forbidden, e.Code);

        await grain.SetTyping(_alice, 300);
        var view = await grain.View();
        Assert.Equal([_alice], view.Users);
        await server.Typing.Until(2);
        Assert.Equal((room, 0), (server.Typing.Told[1].Room, server.Typing.Told[1].View.Users.Count));
        Assert.Equal((view.Epoch, view.Version + 1), (server.Typing.Told[1].View.Epoch, server.Typing.Told[1].View.Version));

        await grain.SetTyping(_alice, 60_000);
        await grain.SetTyping(_alice, 0);
        Assert.Empty((await grain.View()).Users);
    }
}
