using System.Text.Json;
using CsCheck;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Tests.Events;

namespace MatrixOrleans.Protocol.Tests.Push;

public sealed class PushConditionTests
{
    private static bool Holds(string condition, Pdu pdu, long members = 3, long power = 0, string? name = null) =>
        PushCondition.TryRead(JsonElement.Parse(condition))!.Holds(new PushEvent(pdu, new PushFacts(members, power, null)), SampleEvents.Bob, name);

    [Theory]
    [InlineData("content.topic", "lunc?*", true)]
    [InlineData("content.topic", "lunch", false)]
    [InlineData("content.topic", "*", true)]
    [InlineData("content.number", "*", false)]
    [InlineData("content.nothing", "*", false)]
    [InlineData("content", "*", false)]
    [InlineData(@"content.dotted\\.key", "V", true)]
    [InlineData("type", "m.room.t*", true)]
    [InlineData("sender", "@ALICE:*", true)]
    [InlineData("room_id", "!room:domain", true)]
    [InlineData("event_id", "$*", true)]
    [InlineData("state_key", "", true)]
    public void Event_match_is_a_glob_on_the_whole_string(string key, string pattern, bool expected)
    {
        var pdu = SampleEvents.Make(EventTypes.Topic, """{"topic":"Lunch plans","number":1,"dotted.key":"v"}""", stateKey: "");
        Assert.Equal(expected, Holds($$"""{"kind":"event_match","key":"{{key}}","pattern":"{{pattern}}"}""", pdu));
    }

    [Fact]
    public void Event_match_on_the_body_finds_words()
    {
        Assert.True(Holds("""{"kind":"event_match","key":"content.body","pattern":"cake"}""", SampleEvents.Message("I like Cake.")));
        Assert.False(Holds("""{"kind":"event_match","key":"content.body","pattern":"cake"}""", SampleEvents.Message("cupcakes")));
        Assert.False(Holds("""{"kind":"event_match","key":"state_key","pattern":"*"}""", SampleEvents.Message("no state")));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("\"true\"", false)]
    [InlineData("1", false)]
    [InlineData("null", false)]
    public void Event_property_is_casts_no_types(string value, bool expected)
    {
        var pdu = SampleEvents.Make(EventTypes.Create, """{"m.federate":true}""", stateKey: "");
        Assert.Equal(expected, Holds($$"""{"kind":"event_property_is","key":"content.m\\.federate","value":{{value}}}""", pdu));
    }

    [Theory]
    [InlineData("a", "1", true)]
    [InlineData("a", "2", false)]
    [InlineData("b", "null", true)]
    [InlineData("c", "\"x\"", true)]
    [InlineData("c", "\"X\"", false)]
    [InlineData("d", "1", false)]
    [InlineData("a", "1.0", false)]
    [InlineData("a", "9007199254740993", false)]
    [InlineData("a", "[1]", false)]
    [InlineData("e", "null", false)]
    public void Event_property_is_compares_scalars_exactly(string key, string value, bool expected)
    {
        var pdu = SampleEvents.Make("x", """{"a":1,"b":null,"c":"x","d":[1]}""");
        Assert.Equal(expected, Holds($$"""{"kind":"event_property_is","key":"content.{{key}}","value":{{value}}}""", pdu));
    }

    [Theory]
    [InlineData("list", "\"#myroom:example.com\"", true)]
    [InlineData("list", "\":example.com\"", false)]
    [InlineData("list", "3", true)]
    [InlineData("list", "false", true)]
    [InlineData("list", "null", false)]
    [InlineData("text", "\"x\"", false)]
    public void Event_property_contains_wants_an_exact_entry(string key, string value, bool expected)
    {
        var pdu = SampleEvents.Make("x", """{"list":["#somewhere:example.org","#myroom:example.com",3,false,[null]],"text":"x"}""");
        Assert.Equal(expected, Holds($$"""{"kind":"event_property_contains","key":"content.{{key}}","value":{{value}}}""", pdu));
    }

    [Theory]
    [InlineData("3", true)]
    [InlineData("==3", true)]
    [InlineData("<3", false)]
    [InlineData("<4", true)]
    [InlineData(">2", true)]
    [InlineData(">3", false)]
    [InlineData(">=3", true)]
    [InlineData("<=3", true)]
    [InlineData("<=2", false)]
    [InlineData("", false)]
    [InlineData("=3", false)]
    [InlineData("=>3", false)]
    [InlineData("3 ", false)]
    [InlineData("-3", false)]
    [InlineData("three", false)]
    [InlineData("<99999999999999999999", false)]
    [InlineData(">9223372036854775807", false)]
    public void Room_member_count_compares_in_five_ways(string text, bool expected) =>
        Assert.Equal(expected, Holds($$"""{"kind":"room_member_count","is":"{{text}}"}""", SampleEvents.Message("x")));

    [Fact]
    public void Contains_display_name_looks_for_the_name_as_words()
    {
        const string Condition = """{"kind":"contains_display_name"}""";
        Assert.True(Holds(Condition, SampleEvents.Message("hey BOB the builder!"), name: "Bob the Builder"));
        Assert.False(Holds(Condition, SampleEvents.Message("hey bobby"), name: "Bob"));
        Assert.False(Holds(Condition, SampleEvents.Message("hey"), name: ""));
        Assert.False(Holds(Condition, SampleEvents.Message("hey"), name: null));
        Assert.False(Holds(Condition, SampleEvents.Message("hey you"), name: "*"));
    }

    [Theory]
    [InlineData("""{"kind":"device"}""")]
    [InlineData("""{"kind":"event_match","key":"content.body"}""")]
    [InlineData("""{"kind":"event_match","key":1,"pattern":"*"}""")]
    [InlineData("""{"kind":"event_property_is","key":"type"}""")]
    [InlineData("""{"kind":"room_member_count","is":2}""")]
    [InlineData("""{"kind":"sender_notification_permission"}""")]
    public void What_is_not_understood_never_holds(string condition) => Assert.False(Holds(condition, SampleEvents.Message("x"), power: 100));

    [Fact]
    public void Junk_makes_neither_reading_nor_evaluation_throw() =>
        Gen.Select(Gen.OneOf(Gen.Const("event_match"), Gen.Const("event_property_is"), Gen.Const("room_member_count"), Gen.Const("x")), Gen.String[Gen.Char["*?.\\ab <>=1"], 0, 12], Gen.String[Gen.Char["*?.\\ab <>=1"], 0, 12])
            .Sample((kind, key, pattern) =>
            {
                var json = JsonSerializer.Serialize(new { kind, key = "content." + key, pattern, @is = pattern, value = pattern });
                Holds(json, SampleEvents.Message("a b"));
            });
}
