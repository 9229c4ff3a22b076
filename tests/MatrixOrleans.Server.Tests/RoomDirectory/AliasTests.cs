using System.Text;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using static MatrixOrleans.Server.Tests.RoomDirectory.RoomCluster;

namespace MatrixOrleans.Server.Tests.RoomDirectory;

public sealed class AliasTests
{
    private static readonly RoomAlias Pub = RoomAlias.Parse("#pub:one.test");
    private static readonly Actor AliceActs = new(Alice, false);
    private static readonly Actor BobActs = new(Bob, false);

    [Fact]
    public async Task Members_give_a_room_aliases_of_their_own_server()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"preset":"public_chat"}""");
        Assert.Equal(MatrixError.Forbidden, await Refusal(() => cluster.Aliases.Set(Pub, room, BobActs)));
        await cluster.Aliases.Set(Pub, room, AliceActs);
        Assert.Equal(409, (await Refusal(() => cluster.Aliases.Set(Pub, room, AliceActs))).Status);
        Assert.Equal(MatrixError.InvalidParam, await Refusal(() => cluster.Aliases.Set(RoomAlias.Parse("#pub:two.test"), room, AliceActs)));
        Assert.Equal(MatrixError.InvalidParam, await Refusal(() => cluster.Aliases.Set(RoomAlias.Parse("#:one.test"), room, AliceActs)));
        await cluster.Join(room, Zoe);
        await cluster.Aliases.Set(RoomAlias.Parse("#z:two.test"), room, new Actor(Zoe, false));
        var found = await cluster.Aliases.Resolve(RoomAlias.Parse("#z:two.test"));
        Assert.Equal(["two.test", "one.test"], found!.Servers.Select(server => server.Value));
        Assert.Equal([Pub], await cluster.Aliases.OfRoom(room, AliceActs));
    }

    [Fact]
    public async Task Aliases_are_listed_for_members_and_for_everybody_where_history_is_open()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"room_alias_name":"pub"}""");
        Assert.Equal(MatrixError.Forbidden, await Refusal(async () => await cluster.Aliases.OfRoom(room, BobActs)));
        Assert.Equal([Pub], await cluster.Aliases.OfRoom(room, new Actor(Bob, true)));
        await cluster.SetState(room, Alice, "m.room.history_visibility", """{"history_visibility":"world_readable"}""");
        Assert.Equal([Pub], await cluster.Aliases.OfRoom(room, BobActs));
    }

    [Fact]
    public async Task An_alias_is_removed_by_its_maker_by_power_in_the_room_or_by_an_administrator_of_its_server()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"preset":"public_chat"}""");
        await cluster.Join(room, Bob);
        await cluster.Aliases.Set(Pub, room, AliceActs);
        Assert.Equal(MatrixError.Forbidden, await Refusal(() => cluster.Aliases.Delete(Pub, BobActs)));
        Assert.Equal(MatrixError.Forbidden, await Refusal(() => cluster.Aliases.Delete(Pub, new Actor(Zoe, true))));
        await cluster.Aliases.Delete(Pub, new Actor(Bob, true));
        await cluster.Aliases.Set(Pub, room, BobActs);
        await cluster.Aliases.Delete(Pub, AliceActs);
        await cluster.Aliases.Set(Pub, room, BobActs);
        await cluster.Aliases.Delete(Pub, BobActs);
        Assert.Equal(MatrixError.NotFound, await Refusal(() => cluster.Aliases.Delete(Pub, BobActs)));
    }

    [Fact]
    public async Task A_removed_alias_leaves_the_rooms_canonical_ones_where_that_is_allowed()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"preset":"public_chat","room_alias_name":"pub"}""");
        await cluster.Join(room, Bob);
        var bobs = RoomAlias.Parse("#bobs:one.test");
        await cluster.Aliases.Set(bobs, room, BobActs);
        await cluster.SetState(room, Alice, "m.room.canonical_alias", """{"alias":"#pub:one.test","alt_aliases":["#bobs:one.test"]}""");
        await cluster.Aliases.Delete(bobs, BobActs);
        Assert.Equal("""["#bobs:one.test"]""", (await cluster.State(room, StateKey.CanonicalAlias))?.GetProperty("alt_aliases").GetRawText());
        await cluster.Aliases.Delete(Pub, AliceActs);
        Assert.False((await cluster.State(room, StateKey.CanonicalAlias))!.Value.TryGetProperty("alias", out _));
    }

    [Theory]
    [InlineData("""{"alias":"#pub:one.test"}""", null)]
    [InlineData("""{"alt_aliases":["#pub:one.test"]}""", null)]
    [InlineData("""{"alias":""}""", null)]
    [InlineData("""{}""", null)]
    [InlineData("""{"alias":"#none:one.test"}""", "M_BAD_ALIAS")]
    [InlineData("""{"alt_aliases":["#other:one.test"]}""", "M_BAD_ALIAS")]
    [InlineData("""{"alias":"@pub:one.test"}""", "M_INVALID_PARAM")]
    public async Task New_canonical_aliases_must_lead_to_the_room(string content, string? code)
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"room_alias_name":"pub"}""");
        await cluster.Create(Alice, """{"room_alias_name":"other"}""");
        var check = async () => await cluster.Aliases.CheckCanonical(room, Encoding.UTF8.GetBytes(content));
        if (code is null)
        {
            await check();
        }
        else
        {
            Assert.Equal(code, (await Assert.ThrowsAsync<MatrixException>(check)).Code.Code);
        }
    }
}
