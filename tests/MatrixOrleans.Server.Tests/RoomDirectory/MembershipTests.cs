using System.Text;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Accounts;
using static MatrixOrleans.Server.Tests.RoomDirectory.RoomCluster;

namespace MatrixOrleans.Server.Tests.RoomDirectory;

public sealed class MembershipTests
{
    [Fact]
    public async Task A_room_is_entered_by_its_alias()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"preset":"public_chat","room_alias_name":"pub"}""");
        Assert.Equal(room, await cluster.Memberships.Enter(new EnterRequest { Action = MembershipAction.Join, User = Zoe, Alias = RoomAlias.Parse("#pub:one.test"), Reason = "Thirst" }));
        Assert.Equal("Thirst", (await cluster.State(room, StateKey.Member(Zoe)))?.GetProperty("reason").GetString());
        var nowhere = new EnterRequest { Action = MembershipAction.Join, User = Zoe, Alias = RoomAlias.Parse("#shut:one.test") };
        Assert.Equal(MatrixError.NotFound, await Refusal(async () => await cluster.Memberships.Enter(nowhere)));
    }

    [Fact]
    public async Task Guests_enter_only_where_the_room_lets_them()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"preset":"public_chat"}""");
        Assert.Equal(MatrixError.GuestAccessForbidden, await Refusal(async () =>
        {
            await cluster.Join(room, Bob, guest: true);
            return 0;
        }));
        await cluster.SetState(room, Alice, "m.room.guest_access", """{"guest_access":"can_join"}""");
        await cluster.Join(room, Bob, guest: true);
        Assert.Equal([room], await cluster.Memberships.JoinedRooms(Bob));
    }

    [Fact]
    public async Task Guests_leave_when_the_room_lets_none_in_any_more()
    {
        await using var cluster = await RoomCluster.Start();
        await cluster.Database.Accounts.Create(new AccountRow(Bob, null, 0, Guest: true));
        var room = await cluster.Create(Alice, """{"preset":"public_chat","initial_state":[{"type":"m.room.guest_access","content":{"guest_access":"can_join"}}]}""");
        await cluster.Join(room, Bob, guest: true);
        await cluster.Join(room, Zoe);
        await cluster.Memberships.RemoveGuests(room);
        Assert.Equal([room], await cluster.Memberships.JoinedRooms(Bob));
        await cluster.SetState(room, Alice, "m.room.guest_access", """{"guest_access":"forbidden"}""");
        await cluster.Memberships.RemoveGuests(room);
        Assert.Empty(await cluster.Memberships.JoinedRooms(Bob));
        Assert.Equal([room], await cluster.Memberships.JoinedRooms(Zoe));
    }

    [Fact]
    public async Task Joining_again_keeps_a_name_for_this_room()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"preset":"public_chat"}""");
        await cluster.Memberships.Change(room, new MembershipRequest { Action = MembershipAction.Join, Sender = Bob, Target = Bob, DisplayName = "Here", ExtraContent = """{"displayname":"Here"}"""u8.ToArray() });
        await cluster.Join(room, Bob);
        Assert.Equal("Here", (await cluster.State(room, StateKey.Member(Bob)))?.GetProperty("displayname").GetString());
    }

    [Fact]
    public async Task A_room_is_forgotten_only_when_it_was_left()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"preset":"public_chat"}""");
        await cluster.Join(room, Bob);
        Assert.Equal(new MatrixError("M_UNKNOWN", 400), await Refusal(() => cluster.Memberships.Forget(Bob, room)));
        await cluster.Memberships.Change(room, new MembershipRequest { Action = MembershipAction.Leave, Sender = Bob, Target = Bob });
        await cluster.Memberships.Forget(Bob, room);
        await cluster.Memberships.Forget(Bob, room);
        var known = await cluster.Database.Rooms.Find(room);
        Assert.True((await cluster.Database.Memberships.Get(known!.Nid, Bob))!.Forgotten);
        await cluster.Join(room, Bob);
        Assert.False((await cluster.Database.Memberships.Get(known.Nid, Bob))!.Forgotten);
    }

    [Theory]
    [InlineData("""{"membership":"join","displayname":"Other"}""", "Other", "Other")]
    [InlineData("""{"membership":"join"}""", null, "Global")]
    [InlineData("""{"membership":"join","displayname":null}""", null, null)]
    public async Task A_join_by_state_has_the_names_that_it_gives_else_those_of_the_profile(string content, string? given, string? expected)
    {
        await using var cluster = await RoomCluster.Start();
        await cluster.SetProfile(Bob, "displayname", "Global");
        var room = await cluster.Create(Alice, """{"preset":"public_chat"}""");
        await cluster.Memberships.Change(room, new MembershipRequest
        {
            Action = MembershipAction.Join,
            Sender = Bob,
            Target = Bob,
            DisplayName = given,
            ExtraContent = Encoding.UTF8.GetBytes(content),
        });
        var member = await cluster.State(room, StateKey.Member(Bob));
        Assert.Equal(expected, member!.Value.TryGetProperty("displayname", out var name) ? name.GetString() : null);
    }
}
