using System.Text;
using System.Text.Json;
using CsCheck;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Tests.Events;

namespace MatrixOrleans.Protocol.Tests.Filters;

public sealed class FilterTests
{
    private static SyncFilter Parse(string json) => SyncFilter.Parse(Encoding.UTF8.GetBytes(json));

    private static RoomEventFilter Room(string json) => RoomEventFilter.Parse(Encoding.UTF8.GetBytes(json));

    [Fact]
    public void The_example_of_the_specification_is_read()
    {
        var filter = Parse("""
            {"room":{"state":{"types":["m.room.*"],"not_rooms":["!726s6s6q:example.com"]},
             "timeline":{"limit":10,"types":["m.room.message"],"not_rooms":["!726s6s6q:example.com"],"not_senders":["@spam:example.com"]},
             "ephemeral":{"types":["m.receipt","m.typing"],"not_rooms":["!726s6s6q:example.com"],"not_senders":["@spam:example.com"]}},
             "presence":{"types":["m.presence"],"not_senders":["@alice:example.com"]},
             "event_format":"client","event_fields":["type","content","sender"]}
            """);
        Assert.Equal(EventFormat.Client, filter.Format);
        Assert.NotNull(filter.Fields);
        Assert.Equal(10, filter.Room.Timeline.Limit);
        Assert.True(filter.Room.State.PassesType("m.room.member"));
        Assert.False(filter.Room.State.PassesType("m.space.child"));
        Assert.False(filter.Room.Timeline.PassesRoom(RoomId.Parse("!726s6s6q:example.com")));
        Assert.True(filter.Room.Timeline.PassesRoom(RoomId.Parse("!other:example.com")));
        Assert.False(filter.Presence.Passes("m.presence", UserId.Parse("@alice:example.com")));
        Assert.True(filter.Presence.Passes("m.presence", UserId.Parse("@bob:example.com")));
        Assert.True(filter.AccountData.PassesAll);
    }

    [Fact]
    public void Without_a_filter_everything_passes_but_left_rooms()
    {
        var filter = Parse("{}");
        Assert.False(filter.Room.IncludeLeave);
        Assert.False(filter.Room.State.LazyLoadMembers);
        Assert.False(filter.Room.State.IncludeRedundantMembers);
        Assert.False(filter.Room.Timeline.UnreadThreadNotifications);
        Assert.True(filter.Room.Timeline.PassesAll);
        Assert.False(filter.Room.Timeline.PassesNothing);
        Assert.Null(filter.Fields);
        Assert.Equal(20, filter.Room.Timeline.LimitWithin(20, 100));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("""{"room":[]}""")]
    [InlineData("""{"room":null}""")]
    [InlineData("""{"presence":{"types":"m.presence"}}""")]
    [InlineData("""{"presence":{"types":[1]}}""")]
    [InlineData("""{"presence":{"types":["\ud800"]}}""")]
    [InlineData("""{"presence":{"limit":"10"}}""")]
    [InlineData("""{"presence":{"limit":1.5}}""")]
    [InlineData("""{"presence":{"senders":["alice"]}}""")]
    [InlineData("""{"room":{"rooms":["room"]}}""")]
    [InlineData("""{"room":{"include_leave":"yes"}}""")]
    [InlineData("""{"room":{"state":{"lazy_load_members":1}}}""")]
    [InlineData("""{"event_format":"xml"}""")]
    [InlineData("""{"event_fields":"type"}""")]
    public void Wrong_types_are_bad_json(string json) =>
        Assert.Equal(MatrixError.BadJson, Assert.Throws<MatrixException>(() => Parse(json)).Code);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"a":1,"a":1}""")]
    public void What_is_no_json_is_told_so(string json) =>
        Assert.Equal(MatrixError.NotJson, Assert.Throws<MatrixException>(() => Parse(json)).Code);

    [Fact]
    public void Sizes_are_bounded()
    {
        var many = string.Join(',', Enumerable.Repeat("\"a\"", 2001));
        Assert.Equal(MatrixError.BadJson, Assert.Throws<MatrixException>(() => Parse($$"""{"event_fields":[{{many}}]}""")).Code);
        Assert.Equal(MatrixError.BadJson, Assert.Throws<MatrixException>(() => Room($$"""{"types":["{{new string('a', 513)}}"]}""")).Code);
        Assert.Equal(MatrixError.TooLarge, Assert.Throws<MatrixException>(() => Parse("{" + new string(' ', 65_536) + "}")).Code);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-7", 0)]
    [InlineData("5", 5)]
    [InlineData("9223372036854775807", 100)]
    public void Limits_are_clamped(string limit, int expected) =>
        Assert.Equal(expected, Room($$"""{"limit":{{limit}}}""").LimitWithin(20, 100));

    [Theory]
    [InlineData("""{"types":["m.room.message"]}""", true)]
    [InlineData("""{"types":["m.*ge"]}""", true)]
    [InlineData("""{"types":["M.ROOM.MESSAGE"]}""", false)]
    [InlineData("""{"types":["m.room.messag?"]}""", false)]
    [InlineData("""{"types":[]}""", false)]
    [InlineData("""{"types":["*"],"not_types":["m.room.*"]}""", false)]
    [InlineData("""{"not_types":[]}""", true)]
    [InlineData("""{"senders":["@alice:domain"]}""", true)]
    [InlineData("""{"senders":[]}""", false)]
    [InlineData("""{"senders":["@alice:domain"],"not_senders":["@alice:domain"]}""", false)]
    [InlineData("""{"contains_url":true}""", true)]
    [InlineData("""{"contains_url":false}""", false)]
    [InlineData("""{"org.matrix.msc3874.rel_types":["m.thread"]}""", true)]
    [InlineData("""{"org.matrix.msc3874.rel_types":["m.replace"]}""", false)]
    [InlineData("""{"org.matrix.msc3874.not_rel_types":["m.thread"]}""", false)]
    public void Exclusions_win_over_inclusions_and_absent_lists_say_nothing(string json, bool passes)
    {
        var pdu = SampleEvents.Make(EventTypes.Message, """{"url":"mxc://a/b","m.relates_to":{"rel_type":"m.thread","event_id":"$x"}}""");
        Assert.Equal(passes, Room(json).Passes(pdu));
    }

    [Fact]
    public void An_event_without_relation_passes_unless_a_relation_is_wanted()
    {
        var pdu = SampleEvents.Message("x");
        Assert.True(Room("""{"org.matrix.msc3874.not_rel_types":["m.thread"]}""").Passes(pdu));
        Assert.False(Room("""{"org.matrix.msc3874.rel_types":["m.thread"]}""").Passes(pdu));
        Assert.True(Room("""{"contains_url":false}""").Passes(pdu));
    }

    [Fact]
    public void What_nobody_sent_passes_unless_certain_senders_are_wanted()
    {
        Assert.True(Room("""{"not_senders":["@alice:domain"]}""").Passes("m.typing", null));
        Assert.False(Room("""{"senders":["@alice:domain"]}""").Passes("m.typing", null));
    }

    [Fact]
    public void Related_events_are_asked_for_apart()
    {
        var filter = Room("""{"related_by_senders":["@bob:domain"],"related_by_rel_types":["m.thread"]}""");
        Assert.True(filter.WantsRelated);
        Assert.True(filter.PassesRelatedBy("m.thread", SampleEvents.Bob));
        Assert.False(filter.PassesRelatedBy("m.replace", SampleEvents.Bob));
        Assert.False(filter.PassesRelatedBy("m.thread", SampleEvents.Alice));
    }

    [Fact]
    public void Lists_that_are_empty_tell_that_nothing_can_pass()
    {
        Assert.True(Room("""{"types":[]}""").PassesNothing);
        Assert.True(Room("""{"rooms":[]}""").PassesNothing);
        Assert.False(Room("""{"not_types":["*"]}""").PassesNothing);
    }

    [Theory]
    [InlineData("content.body", """{"content":{"body":"b"}}""")]
    [InlineData("content", """{"content":{"body":"b","m.x":{"y":1},"l":[1]}}""")]
    [InlineData(@"content.m\.x.y", """{"content":{"m.x":{"y":1}}}""")]
    [InlineData("content.m.x", "{}")]
    [InlineData("content.l.0", "{}")]
    [InlineData("type|sender|nothing.here", """{"type":"t","sender":"@a:b"}""")]
    [InlineData("content|content.body", """{"content":{"body":"b","m.x":{"y":1},"l":[1]}}""")]
    public void Event_fields_keep_what_they_name(string paths, string expected)
    {
        var source = JsonElement.Parse("""{"type":"t","content":{"body":"b","m.x":{"y":1},"l":[1]},"sender":"@a:b"}""");
        var output = new ByteBuffer(16);
        EventFields.Of(paths.Split('|')).Write(source, output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Junk_is_refused_with_a_matrix_error_and_nothing_else() =>
        Gen.String[Gen.Char["{}[]\",:ae1\\u0"], 0, 40].Sample(text =>
        {
            foreach (var json in new[] { text, $$$"""{"room":{"timeline":{{{text}}}}}""", $$"""{"event_fields":[{{text}}]}""" })
            {
                try
                {
                    Parse(json);
                }
                catch (MatrixException e)
                {
                    Assert.True(e.Code == MatrixError.BadJson || e.Code == MatrixError.NotJson);
                }
            }
        });
}
