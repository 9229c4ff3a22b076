using System.Text.Json;
using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using static MatrixOrleans.Server.Tests.RoomDirectory.RoomCluster;

namespace MatrixOrleans.Server.Tests.RoomDirectory;

public sealed class RoomDirectoryTests
{
    [Fact]
    public async Task A_published_room_is_told_of_as_it_is_now()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"visibility":"public","name":"Pub","topic":"Beer","room_alias_name":"pub"}""");
        var told = Assert.Single(await List(cluster));
        Assert.Equal(
            (room.Value, "Pub", "Beer", "#pub:one.test", "public", 1),
            (Text(told, "room_id"), Text(told, "name"), Text(told, "topic"), Text(told, "canonical_alias"), Text(told, "join_rule"), told.GetProperty("num_joined_members").GetInt32()));
        await cluster.Join(room, Bob);
        await cluster.SetState(room, Alice, "m.room.name", """{"name":"Bar"}""");
        told = Assert.Single(await List(cluster, search: "bar"));
        Assert.Equal(2, told.GetProperty("num_joined_members").GetInt32());
        Assert.Empty(await List(cluster, search: "pub name"));
    }

    [Fact]
    public async Task Each_server_has_a_directory_of_its_own()
    {
        await using var cluster = await RoomCluster.Start();
        await cluster.Create(Zoe, """{"visibility":"public"}""");
        Assert.Empty(await List(cluster));
    }

    [Fact]
    public async Task Rooms_are_published_by_those_who_look_after_them()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"preset":"public_chat"}""");
        await cluster.Join(room, Bob);
        Assert.False(await cluster.PublishedRooms.IsPublished(room));
        Assert.Equal(MatrixError.Forbidden, await Refusal(() => cluster.PublishedRooms.Publish(room, true, new Actor(Bob, false))));
        await cluster.PublishedRooms.Publish(room, true, new Actor(Bob, true));
        Assert.True(await cluster.PublishedRooms.IsPublished(room));
        await cluster.PublishedRooms.Publish(room, false, new Actor(Alice, false));
        Assert.False(await cluster.PublishedRooms.IsPublished(room));
        Assert.Equal(MatrixError.NotFound, await Refusal(async () => await cluster.PublishedRooms.IsPublished(RoomId.Parse("!none:one.test"))));
        Assert.Equal(MatrixError.NotFound, await Refusal(() => cluster.PublishedRooms.Publish(RoomId.Parse("!none:one.test"), true, new Actor(Alice, true))));
    }

    [Fact]
    public async Task The_list_is_filtered_by_type_and_cut_into_pages()
    {
        await using var cluster = await RoomCluster.Start();
        var small = await cluster.Create(Alice, """{"visibility":"public","name":"small"}""");
        var big = await cluster.Create(Alice, """{"visibility":"public","name":"big"}""");
        var space = await cluster.Create(Alice, """{"visibility":"public","name":"space","creation_content":{"type":"m.space"}}""");
        await cluster.Join(big, Bob);
        Assert.Equal([space.Value], Ids(await List(cluster, types: ["m.space"])));
        Assert.Equal([big.Value, small.Value], Ids(await List(cluster, types: [null])));
        var first = await cluster.PublishedRooms.List(new PublicRoomsQuery { Limit = 1 });
        Assert.Equal(big.Value, Assert.Single(Ids(Read(first))));
        Assert.Equal(3, first.TotalEstimate);
        var second = await cluster.PublishedRooms.List(new PublicRoomsQuery { Limit = 5, Since = first.NextBatch });
        Assert.Equal(2, second.Chunk.Count);
        Assert.Null(second.NextBatch);
        var back = await cluster.PublishedRooms.List(new PublicRoomsQuery { Limit = 5, Since = second.PrevBatch });
        Assert.Equal([big.Value], Ids(Read(back)));
        Assert.Equal(MatrixError.InvalidParam, await Refusal(async () => await cluster.PublishedRooms.List(new PublicRoomsQuery { Limit = 1, Since = "junk" })));
    }

    [Fact]
    public async Task An_empty_room_is_not_listed()
    {
        await using var cluster = await RoomCluster.Start();
        var room = await cluster.Create(Alice, """{"visibility":"public"}""");
        await cluster.Memberships.Change(room, new MembershipRequest { Action = MembershipAction.Leave, Sender = Alice, Target = Alice });
        Assert.Empty(await List(cluster));
    }

    private static async Task<List<JsonElement>> List(RoomCluster cluster, string? search = null, IReadOnlyList<string?>? types = null) =>
        Read(await cluster.PublishedRooms.List(new PublicRoomsQuery { Limit = 10, SearchTerm = search, RoomTypes = types }));

    private static List<JsonElement> Read(PublicRoomsPage page) => [.. page.Chunk.Select(room => JsonElement.Parse(room.Span))];

    private static IEnumerable<string> Ids(List<JsonElement> rooms) => rooms.Select(room => Text(room, "room_id"));

    private static string Text(JsonElement room, string name) => room.GetProperty(name).GetString()!;
}
