using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Server.Tests.Reading;

namespace MatrixOrleans.Server.Tests.Users;

public class ProfileTests
{
    private readonly UserId _alice = RoomServer.User("alice");

    [Fact]
    public async Task A_new_name_goes_into_every_joined_room_and_no_other()
    {
        await using var server = await RoomServer.Start();
        var bob = RoomServer.User("bob");
        RoomId[] joined = [await server.Room(_alice), await server.Room(bob, "shared", _alice), await server.Room(_alice)];
        var left = await server.Room(bob, "shared", _alice);
        await server.Member(left, MembershipAction.Leave, _alice);

        await server.Of(_alice).SetProfileField("displayname", "\"Alice\""u8.ToArray(), ProfilePropagation.All);
        await Settled(server);
        foreach (var room in joined)
        {
            Assert.Equal("Alice", await Name(server, room));
        }

        var nid = (await server.Database.Rooms.Find(left))!.Nid;
        Assert.Equal(Protocol.Events.Membership.Leave, (await server.Database.Memberships.Get(nid, _alice))!.Membership);
    }

    [Fact]
    public async Task Rooms_that_a_process_owed_a_name_get_it_from_the_next()
    {
        await using var server = await RoomServer.Start();
        var room = await server.Room(_alice);
        await server.Of(_alice).SetProfileField("displayname", "\"Alice\""u8.ToArray(), ProfilePropagation.None);
        Assert.Null(await Name(server, room));

        // As if the process had ended between the change and the rooms.
        await server.Database.ProfilePropagations.Add(_alice, "displayname", false, null, 0);
        await server.Restart();
        await Settled(server);
        Assert.Equal("Alice", await Name(server, room));
    }

    [Fact]
    public async Task A_name_for_unchanged_rooms_spares_those_where_the_user_goes_by_another()
    {
        await using var server = await RoomServer.Start();
        RoomId[] rooms = [await server.Room(_alice), await server.Room(_alice)];
        await server.Of(_alice).SetProfileField("displayname", "\"Alice\""u8.ToArray(), ProfilePropagation.All);
        await Settled(server);
        await server.Grains.GetGrain<IRoomGrain>(rooms[1].Value).ChangeMembership(
            new MembershipRequest { Action = MembershipAction.Join, Sender = _alice, Target = _alice, DisplayName = "Al" });

        await server.Of(_alice).SetProfileField("displayname", "\"Alicia\""u8.ToArray(), ProfilePropagation.Unchanged);
        await Settled(server);
        Assert.Equal(("Alicia", "Al"), (await Name(server, rooms[0]), await Name(server, rooms[1])));
    }

    [Fact]
    public async Task Fields_are_set_read_and_removed()
    {
        await using var server = await RoomServer.Start();
        var user = server.Of(_alice);
        await Assert.ThrowsAsync<MatrixException>(() => user.Profile().AsTask());
        await user.SetProfileField("displayname", "\"Ä😀\""u8.ToArray(), ProfilePropagation.None);
        await user.SetProfileField("org.x.y", """{"a":[1,2]}"""u8.ToArray(), ProfilePropagation.None);
        Assert.Equal("""{"displayname":"Ä😀","org.x.y":{"a":[1,2]}}""", RoomServer.Text(await user.Profile()));
        Assert.Equal("""{"a":[1,2]}""", RoomServer.Text(await user.ProfileField("org.x.y")));
        await user.SetProfileField("org.x.y", null, ProfilePropagation.None);
        await user.SetProfileField("org.x.y", null, ProfilePropagation.None);
        Assert.Equal(MatrixError.NotFound, (await Assert.ThrowsAsync<MatrixException>(() => user.ProfileField("org.x.y").AsTask())).Code);

        var large = new byte[65_500];
        large.AsSpan().Fill((byte)'x');
        large[0] = large[^1] = (byte)'"';
        var e = await Assert.ThrowsAsync<MatrixException>(() => user.SetProfileField("org.x.large", large, ProfilePropagation.None).AsTask());
        Assert.Equal("M_PROFILE_TOO_LARGE", e.Code.Code);
    }

    private static async Task Settled(RoomServer server)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await server.Database.ProfilePropagations.Users("", 1)).Count > 0)
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private async Task<string?> Name(RoomServer server, RoomId room)
    {
        var e = RoomServer.Json(await server.Reader(room).StateEvent(new Viewer(_alice, null), StateKey.Member(_alice), false));
        return e.TryGetProperty("displayname", out var name) ? name.GetString() : null;
    }
}
