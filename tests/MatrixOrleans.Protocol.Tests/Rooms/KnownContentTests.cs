using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Content;

namespace MatrixOrleans.Protocol.Tests.Rooms;

public sealed class KnownContentTests
{
    [Theory]
    [InlineData("m.room.message", """{"msgtype":1,"body":"x"}""")]
    [InlineData("m.room.message", """{"msgtype":"m.text","body":{}}""")]
    [InlineData("m.room.name", """{"name":[]}""")]
    [InlineData("m.room.power_levels", """{"users":{"@a:b":"50"}}""")]
    [InlineData("m.room.power_levels", """{"events":[]}""")]
    [InlineData("m.room.power_levels", """{"ban":1.5}""")]
    [InlineData("m.room.power_levels", """{"users":{"alice":5}}""")]
    public void Members_of_the_wrong_type_are_bad_JSON(string type, string content) => Assert.Equal(MatrixError.BadJson, Refusal(type, "", content));

    [Fact]
    public void Types_and_state_keys_have_an_end()
    {
        Assert.Equal(MatrixError.TooLarge, Refusal(new string('x', 256), null, "{}"));
        Assert.Equal(MatrixError.TooLarge, Refusal("x", new string('x', 256), "{}"));
        KnownContent.Check(new string('x', 255), new string('x', 255), JsonElement.Parse("{}"));
    }

    [Fact]
    public void Unknown_types_and_extensible_contents_pass()
    {
        KnownContent.Check("org.example", null, JsonElement.Parse("""{"body":1}"""));
        KnownContent.Check("m.room.message", null, JsonElement.Parse("""{"m.text":[{"body":"x"}]}"""));
        KnownContent.Check("m.room.topic", "", JsonElement.Parse("""{"topic":null}"""));
    }

    [Fact]
    public void Only_aliases_that_the_present_event_lacks_are_looked_at()
    {
        var present = JsonElement.Parse("""{"alias":"not an alias","alt_aliases":["#b:example.org"]}""");
        var added = CanonicalAliasContent.Added(JsonElement.Parse("""{"alias":"not an alias","alt_aliases":["#b:example.org","#c:example.org"]}"""), present);
        Assert.Equal([RoomAlias.Parse("#c:example.org")], added);
        Assert.Empty(CanonicalAliasContent.Added(JsonElement.Parse("""{"alias":null}"""), present));
    }

    [Theory]
    [InlineData("""{"alias":"nonsense"}""", "M_INVALID_PARAM")]
    [InlineData("""{"alt_aliases":["nonsense"]}""", "M_INVALID_PARAM")]
    [InlineData("""{"alias":5}""", "M_BAD_JSON")]
    [InlineData("""{"alt_aliases":"#a:b"}""", "M_BAD_JSON")]
    [InlineData("""{"alt_aliases":[5]}""", "M_BAD_JSON")]
    public void Added_aliases_must_be_well_formed(string content, string code) =>
        Assert.Equal(code, Assert.Throws<MatrixException>(() => CanonicalAliasContent.Added(JsonElement.Parse(content), null)).Code.Code);

    [Fact]
    public void A_removed_alias_goes_from_both_places()
    {
        var content = JsonElement.Parse("""{"alias":"#a:b","alt_aliases":["#c:d","#a:b"],"x":1}""");
        Assert.Equal("""{"alt_aliases":["#c:d"],"x":1}""", System.Text.Encoding.UTF8.GetString(CanonicalAliasContent.Without(content, RoomAlias.Parse("#a:b"))!.Value.Span));
        Assert.Null(CanonicalAliasContent.Without(content, RoomAlias.Parse("#e:f")));
        Assert.Equal("{}", System.Text.Encoding.UTF8.GetString(CanonicalAliasContent.Without(JsonElement.Parse("""{"alt_aliases":["#a:b"]}"""), RoomAlias.Parse("#a:b"))!.Value.Span));
    }

    private static MatrixError Refusal(string type, string? stateKey, string content) =>
        Assert.Throws<MatrixException>(() => KnownContent.Check(type, stateKey, JsonElement.Parse(content))).Code;
}
