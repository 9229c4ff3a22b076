using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms.Directory;

namespace MatrixOrleans.Protocol.Tests.Rooms;

public sealed class DirectoryTests
{
    [Fact]
    public void A_room_is_described_by_its_state()
    {
        var room = Describe(new()
        {
            ["m.room.create"] = """{"type":"m.space"}""",
            ["m.room.name"] = """{"name":"CHEESE"}""",
            ["m.room.topic"] = """{"topic":"Old","m.topic":{"m.text":[{"mimetype":"text/html","body":"<b>T</b>"},{"body":"Tasty"}]}}""",
            ["m.room.canonical_alias"] = """{"alias":"#cheese:example.org"}""",
            ["m.room.avatar"] = """{"url":"mxc://example.org/x"}""",
            ["m.room.join_rules"] = """{"join_rule":"knock"}""",
            ["m.room.history_visibility"] = """{"history_visibility":"world_readable"}""",
            ["m.room.guest_access"] = """{"guest_access":"can_join"}""",
        });
        Assert.Equal(
            """{"room_id":"!r:example.org","name":"CHEESE","topic":"Tasty","canonical_alias":"#cheese:example.org","avatar_url":"mxc://example.org/x","join_rule":"knock","room_type":"m.space","num_joined_members":3,"world_readable":true,"guest_can_join":true}""",
            Json(room));
    }

    [Fact]
    public void What_the_state_lacks_is_left_out() => Assert.Equal(
        """{"room_id":"!r:example.org","join_rule":"invite","num_joined_members":3,"world_readable":false,"guest_can_join":false}""",
        Json(Describe(new() { ["m.room.name"] = """{"name":""}""", ["m.room.topic"] = """{"topic":"x","m.topic":{"m.text":[{"mimetype":"text/html","body":"x"}]}}""" })));

    [Theory]
    [InlineData("chee", true)]
    [InlineData("TAST", true)]
    [InlineData("#cheese:", true)]
    [InlineData("", true)]
    [InlineData("ham", false)]
    public void A_search_looks_into_name_topic_and_alias(string term, bool found) => Assert.Equal(found, Describe(new()
    {
        ["m.room.name"] = """{"name":"CHEESE"}""",
        ["m.room.topic"] = """{"topic":"Tasty"}""",
        ["m.room.canonical_alias"] = """{"alias":"#cheese:example.org"}""",
    }).Matches(term));

    [Fact]
    public void Pages_go_from_many_members_to_few_and_back()
    {
        PublishedRoom[] rooms = [Room("a", 5), Room("b", 9), Room("c", 5), Room("d", 1), Room("e", 7)];
        var first = DirectoryPage.Of(rooms, null, 2);
        Assert.Equal(["b", "e"], Names(first));
        Assert.Null(first.Previous);
        var second = DirectoryPage.Of(rooms, Again(first.Next), 2);
        Assert.Equal(["a", "c"], Names(second));
        var third = DirectoryPage.Of(rooms, Again(second.Next), 2);
        Assert.Equal(["d"], Names(third));
        Assert.Null(third.Next);
        var back = DirectoryPage.Of(rooms, Again(third.Previous), 2);
        Assert.Equal(["a", "c"], Names(back));
        Assert.Equal(["b", "e"], Names(DirectoryPage.Of(rooms, Again(back.Previous), 2)));
    }

    [Fact]
    public void A_token_keeps_its_place_when_its_room_goes()
    {
        PublishedRoom[] rooms = [Room("a", 9), Room("b", 5), Room("c", 4), Room("d", 3)];
        var first = DirectoryPage.Of(rooms, null, 2);
        Assert.Equal(["c", "d"], Names(DirectoryPage.Of(rooms.Where(room => room.RoomId.Value != "!b:example.org"), first.Next, 2)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("n5")]
    [InlineData("x5_IXI6ZXhhbXBsZS5vcmc")]
    [InlineData("n5_%%%")]
    [InlineData("n-5_IXI6ZXhhbXBsZS5vcmc")]
    public void Junk_is_no_token(string text) => Assert.Equal(MatrixError.InvalidParam, Assert.Throws<MatrixException>(() => DirectoryToken.Parse(text)).Code);

    private static DirectoryToken? Again(DirectoryToken? token) => DirectoryToken.Parse(token.ToString()!);

    private static IEnumerable<string> Names(DirectoryPage page) => page.Rooms.Select(room => room.RoomId.Value[1..2]);

    private static PublishedRoom Room(string name, int joined) => new() { RoomId = RoomId.Parse($"!{name}:example.org"), JoinedCount = joined, JoinRule = "public" };

    private static PublishedRoom Describe(Dictionary<string, string> state) => PublishedRoom.Of(
        RoomId.Parse("!r:example.org"), 3, key => state.TryGetValue(key.Type, out var content) ? JsonElement.Parse(content) : null);

    private static string Json(PublishedRoom room)
    {
        var buffer = new ByteBuffer(64);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        room.Write(writer);
        writer.Flush();
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
