using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using static MatrixOrleans.Server.Tests.RoomDirectory.RoomCluster;

namespace MatrixOrleans.Server.Tests.RoomDirectory;

public sealed class RoomFactoryTests
{
    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("3")]
    [InlineData("6")]
    [InlineData("10")]
    [InlineData("11")]
    [InlineData("12")]
    public async Task A_room_of_every_kind_is_made_whole(string version)
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, $$"""{"room_version":"{{version}}","preset":"trusted_private_chat","name":"N","topic":"T","invite":["@bob:one.test"]}""");
        Assert.Equal(version == "12", room.ServerName is null);
        Assert.Equal(version, (await cluster.State(room, StateKey.Create))?.GetProperty("room_version").GetString());
        Assert.Equal("N", (await cluster.State(room, StateKey.Name))?.GetProperty("name").GetString());
        Assert.Equal("invite", (await cluster.State(room, StateKey.Member(Bob)))?.GetProperty("membership").GetString());
        var committed = await cluster.Grains.GetGrain<IRoomGrain>(room.Value).Committed();
        Assert.Equal((1, 1), (committed!.JoinedCount, committed.InvitedCount));
        await cluster.Join(room, Bob);
        await cluster.SetState(room, Bob, "m.room.name", """{"name":"Of Bob"}""");
        Assert.Equal("Of Bob", (await cluster.State(room, StateKey.Name))?.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Equal_rooms_of_one_millisecond_are_different_rooms()
    {
        await using var cluster = await RoomCluster.Start(new StoppedTime());
        var rooms = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => cluster.Create(Alice)));
        Assert.Equal(5, rooms.Distinct().Count());
    }

    [Fact]
    public async Task An_alias_is_taken_once_and_leads_to_its_room()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"room_alias_name":"pub"}""");
        Assert.Equal(room, (await cluster.Aliases.Resolve(RoomAlias.Parse("#pub:one.test")))?.Room);
        Assert.Equal("#pub:one.test", (await cluster.State(room, StateKey.CanonicalAlias))?.GetProperty("alias").GetString());
        Assert.Equal(MatrixError.RoomInUse, await Refusal(() => cluster.Create(Bob, """{"room_alias_name":"pub"}""")));
        Assert.NotEqual(room, await cluster.Create(Zoe, """{"room_alias_name":"pub"}"""));
    }

    [Fact]
    public async Task A_room_that_cannot_be_leaves_its_alias_free()
    {
        await using var cluster = await RoomCluster.Start();
        const string Locked = """{"room_version":"11","room_alias_name":"pub","name":"N","power_level_content_override":{"users":{"@alice:one.test":0}}}""";
        Assert.Equal(MatrixError.InvalidRoomState, await Refusal(() => cluster.Create(Alice, Locked)));
        Assert.Null(await cluster.Aliases.Resolve(RoomAlias.Parse("#pub:one.test")));
        Assert.Empty(await cluster.Memberships.JoinedRooms(Alice));
        await cluster.Create(Alice, """{"room_alias_name":"pub"}""");
    }

    [Fact]
    public async Task Members_get_their_names()
    {
        await using var cluster = await RoomCluster.Start();
        await cluster.SetProfile(Alice, "displayname", "Alice");
        await cluster.SetProfile(Alice, "avatar_url", "mxc://one.test/a");
        await cluster.SetProfile(Bob, "displayname", "Bob");
        var room = await cluster.Create(Alice, """{"invite":["@bob:one.test"]}""");
        var alice = await cluster.State(room, StateKey.Member(Alice));
        Assert.Equal(("Alice", "mxc://one.test/a"), (alice?.GetProperty("displayname").GetString(), alice?.GetProperty("avatar_url").GetString()));
        Assert.Equal("Bob", (await cluster.State(room, StateKey.Member(Bob)))?.GetProperty("displayname").GetString());
    }

    [Fact]
    public async Task Who_blocks_invitations_is_not_invited()
    {
        await using var cluster = await RoomCluster.Start();
        await cluster.SetAccountData(Bob, "m.invite_permission_config", """{"default_action":"block"}""");
        Assert.Equal(MatrixError.InviteBlocked, await Refusal(() => cluster.Create(Alice, """{"invite":["@bob:one.test"]}""")));
        var room = await cluster.Create(Alice);
        var invitation = new MembershipRequest { Action = MembershipAction.Invite, Sender = Alice, Target = Bob };
        Assert.Equal(MatrixError.InviteBlocked, await Refusal(async () => await cluster.Memberships.Change(room, invitation)));
        await cluster.SetAccountData(Bob, "m.invite_permission_config", "{}");
        await cluster.Memberships.Change(room, invitation);
        Assert.Equal(Membership.Invite, MembershipText.Parse((await cluster.State(room, StateKey.Member(Bob)))?.GetProperty("membership").GetString()));
    }
}
