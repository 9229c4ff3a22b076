using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Creation;

namespace MatrixOrleans.Protocol.Tests.Rooms;

public sealed class RoomBlueprintTests
{
    private static readonly UserId Alice = UserId.Parse("@alice:example.org");

    public static TheoryData<string, string> PresetsAndVersions()
    {
        var data = new TheoryData<string, string>();
        foreach (var preset in (string[])["private_chat", "trusted_private_chat", "public_chat"])
        {
            foreach (var version in (string[])["1", "10", "11", "12"])
            {
                data.Add(preset, version);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(PresetsAndVersions))]
    public void Events_come_in_the_normative_order(string preset, string version)
    {
        var room = Make($$"""
            {"preset":"{{preset}}","room_version":"{{version}}","room_alias_name":"pub","name":"Pub","topic":"Beer","invite":["@bob:example.org","@carl:else.org"],
             "initial_state":[{"type":"m.room.encryption","content":{"algorithm":"m.megolm.v1.aes-sha2"} },{"type":"x","state_key":"k","content":{} } ]}
            """);
        Assert.Equal(
            [
                ("m.room.member", "@alice:example.org"),
                ("m.room.power_levels", ""),
                ("m.room.canonical_alias", ""),
                ("m.room.join_rules", ""),
                ("m.room.history_visibility", ""),
                ("m.room.guest_access", ""),
                ("m.room.encryption", ""),
                ("x", "k"),
                ("m.room.name", ""),
                ("m.room.topic", ""),
                ("m.room.member", "@bob:example.org"),
                ("m.room.member", "@carl:else.org"),
            ],
            room.Events.Select(e => (e.Type, e.StateKey)));
        Assert.Equal("#pub:example.org", room.Alias?.Value);
    }

    [Theory]
    [MemberData(nameof(PresetsAndVersions))]
    public void A_preset_sets_join_rule_history_and_guests(string preset, string version)
    {
        var room = Make($$"""{"preset":"{{preset}}","room_version":"{{version}}"}""");
        var isPublic = preset == "public_chat";
        Assert.Equal(isPublic ? "public" : "invite", Content(room, "m.room.join_rules").GetProperty("join_rule").GetString());
        Assert.Equal("shared", Content(room, "m.room.history_visibility").GetProperty("history_visibility").GetString());
        Assert.Equal(isPublic ? "forbidden" : "can_join", Content(room, "m.room.guest_access").GetProperty("guest_access").GetString());
    }

    [Theory]
    [MemberData(nameof(PresetsAndVersions))]
    public void Who_stands_highest_depends_on_preset_and_version(string preset, string version)
    {
        var room = Make($$"""{"preset":"{{preset}}","room_version":"{{version}}","invite":["@bob:example.org"]}""");
        var levels = Content(room, "m.room.power_levels");
        var users = levels.GetProperty("users").EnumerateObject().ToDictionary(u => u.Name, u => u.Value.GetInt32());
        var create = JsonElement.Parse(room.CreateContent.Span);
        var trusted = preset == "trusted_private_chat";
        if (version == "12")
        {
            Assert.Empty(users);
            Assert.Equal(150, levels.GetProperty("events").GetProperty("m.room.tombstone").GetInt32());
            Assert.Equal(trusted, create.TryGetProperty("additional_creators", out var creators));
            if (trusted)
            {
                Assert.Equal("""["@bob:example.org"]""", creators.GetRawText());
            }
        }
        else
        {
            Assert.Equal(100, users["@alice:example.org"]);
            Assert.Equal(trusted ? 2 : 1, users.Count);
            Assert.Equal(trusted ? 100 : 0, users.GetValueOrDefault("@bob:example.org"));
            Assert.Equal(100, levels.GetProperty("events").GetProperty("m.room.tombstone").GetInt32());
            Assert.False(create.TryGetProperty("additional_creators", out _));
        }

        Assert.Equal(version is "1" or "10", create.TryGetProperty("creator", out _));
        Assert.Equal(version, create.GetProperty("room_version").GetString());
    }

    [Fact]
    public void A_new_room_has_version_12_unless_asked_otherwise() => Assert.Equal("12", Make("{}").Version.Id);

    [Fact]
    public void An_unknown_version_is_refused() => Assert.Equal(MatrixError.UnsupportedRoomVersion, Refusal("""{"room_version":"unheard.of"}"""));

    [Fact]
    public void Creation_content_is_kept_but_for_the_servers_members()
    {
        var create = JsonElement.Parse(Make("""{"room_version":"10","creation_content":{"m.federate":false,"type":"m.space","creator":"@eve:example.org","room_version":"3","x.y":[1]}}""").CreateContent.Span);
        Assert.False(create.GetProperty("m.federate").GetBoolean());
        Assert.Equal("m.space", create.GetProperty("type").GetString());
        Assert.Equal("@alice:example.org", create.GetProperty("creator").GetString());
        Assert.Equal("10", create.GetProperty("room_version").GetString());
        Assert.Equal("[1]", create.GetProperty("x.y").GetRawText());
    }

    [Fact]
    public void Additional_creators_and_trusted_invitees_are_one_list()
    {
        var create = JsonElement.Parse(Make("""
            {"room_version":"12","preset":"trusted_private_chat","invite":["@bob:example.org","@carl:example.org"],
             "creation_content":{"additional_creators":["@bob:example.org","@dora:example.org","@alice:example.org"]}}
            """).CreateContent.Span);
        Assert.Equal("""["@bob:example.org","@dora:example.org","@carl:example.org"]""", create.GetProperty("additional_creators").GetRawText());
    }

    [Theory]
    [InlineData("""{"room_version":"12","creation_content":{"additional_creators":"@bob:example.org"}}""")]
    [InlineData("""{"room_version":"12","creation_content":{"additional_creators":["bob"]}}""")]
    [InlineData("""{"creation_content":{"m.federate":"no"}}""")]
    [InlineData("""{"creation_content":{"type":1}}""")]
    [InlineData("""{"room_version":"11","initial_state":[{"type":"x","content":{"a":1.5}}]}""")]
    public void Contents_that_cannot_be_are_bad_JSON(string body) => Assert.Equal(MatrixError.BadJson, Refusal(body));

    [Fact]
    public void Additional_creators_mean_nothing_before_version_12()
    {
        var create = JsonElement.Parse(Make("""{"room_version":"11","creation_content":{"additional_creators":"whatever"}}""").CreateContent.Span);
        Assert.Equal("whatever", create.GetProperty("additional_creators").GetString());
    }

    [Fact]
    public void The_power_level_override_replaces_whole_members()
    {
        var levels = Content(Make("""{"room_version":"11","power_level_content_override":{"events":{"m.room.name":0},"invite":7,"x.y":"z"}}"""), "m.room.power_levels");
        Assert.Equal("""{"m.room.name":0}""", levels.GetProperty("events").GetRawText());
        Assert.Equal(7, levels.GetProperty("invite").GetInt32());
        Assert.Equal(50, levels.GetProperty("ban").GetInt32());
        Assert.Equal("z", levels.GetProperty("x.y").GetString());
    }

    [Theory]
    [InlineData("""{"events":{"m.room.name":0}}""", 150)]
    [InlineData("""{"events":{"m.room.tombstone":60}}""", 60)]
    [InlineData("""{"state_default":200}""", 201)]
    public void Since_version_12_the_tombstones_level_is_always_stated(string over, int level)
    {
        var levels = Content(Make($$"""{"room_version":"12","power_level_content_override":{{over}}}"""), "m.room.power_levels");
        Assert.Equal(level, levels.GetProperty("events").GetProperty("m.room.tombstone").GetInt32());
    }

    [Theory]
    [InlineData("""{"room_version":"11","power_level_content_override":{"ban":"50"}}""")]
    [InlineData("""{"room_version":"11","power_level_content_override":{"users":{"bob":1}}}""")]
    [InlineData("""{"room_version":"11","power_level_content_override":{"events":[]}}""")]
    [InlineData("""{"room_version":"12","power_level_content_override":{"users":{"@alice:example.org":100}}}""")]
    [InlineData("""{"room_version":"12","preset":"trusted_private_chat","invite":["@bob:example.org"],"power_level_content_override":{"users":{"@bob:example.org":100}}}""")]
    [InlineData("""{"room_version":"11","initial_state":[{"type":"m.room.power_levels","content":{"users":{"@alice:example.org":"100"}}}]}""")]
    [InlineData("""{"initial_state":[{"type":"m.room.create","content":{}}]}""")]
    [InlineData("""{"initial_state":[{"type":"m.room.member","state_key":"@bob:example.org","content":{"membership":"invite"}}]}""")]
    public void Initial_state_that_cannot_be_is_refused(string body) => Assert.Equal(MatrixError.InvalidRoomState, Refusal(body));

    [Fact]
    public void Levels_may_be_strings_before_version_10() =>
        Assert.Equal("50", Content(Make("""{"room_version":"9","power_level_content_override":{"ban":"50"}}"""), "m.room.power_levels").GetProperty("ban").GetString());

    [Fact]
    public void Initial_state_takes_the_place_of_the_presets_events()
    {
        var room = Make("""{"preset":"private_chat","initial_state":[{"type":"m.room.join_rules","content":{"join_rule":"knock"}}]}""");
        Assert.Equal("knock", Content(room, "m.room.join_rules").GetProperty("join_rule").GetString());
        Assert.Single(room.Events, e => e.Type == "m.room.join_rules");
    }

    [Fact]
    public void Name_and_topic_overwrite_initial_state()
    {
        var room = Make("""{"name":"B","topic":"T","initial_state":[{"type":"m.room.name","content":{"name":"A"}},{"type":"m.room.topic","content":{"topic":"S"}}]}""");
        Assert.Equal("B", Content(room, "m.room.name").GetProperty("name").GetString());
        var topic = Content(room, "m.room.topic");
        Assert.Equal("T", topic.GetProperty("topic").GetString());
        var text = topic.GetProperty("m.topic").GetProperty("m.text")[0];
        Assert.Equal("text/plain", text.GetProperty("mimetype").GetString());
        Assert.Equal("T", text.GetProperty("body").GetString());
    }

    [Fact]
    public void Members_carry_their_names_and_invitations_say_that_they_are_direct()
    {
        var bob = UserId.Parse("@bob:example.org");
        var profiles = new Dictionary<UserId, MemberProfile> { [Alice] = new("Alice", "mxc://example.org/a"), [bob] = new("Bob", null) };
        var room = RoomBlueprint.Of(CreateRoomRequest.Parse(JsonElement.Parse("""{"is_direct":true,"invite":["@bob:example.org","@alice:example.org"]}""")), Alice, profiles);
        Assert.Equal("""{"membership":"join","displayname":"Alice","avatar_url":"mxc://example.org/a"}""", Text(room.Events[0]));
        Assert.Equal("""{"membership":"invite","displayname":"Bob","is_direct":true}""", Text(room.Events[^1]));
        Assert.Equal(2, room.Events.Count(e => e.Type == "m.room.member"));
    }

    private static RoomBlueprint Make(string body) =>
        RoomBlueprint.Of(CreateRoomRequest.Parse(JsonElement.Parse(body)), Alice, new Dictionary<UserId, MemberProfile>());

    private static MatrixError Refusal(string body) => Assert.Throws<MatrixException>(() => Make(body)).Code;

    private static JsonElement Content(RoomBlueprint room, string type) => JsonElement.Parse(room.Events.Last(e => e.Type == type).Content.Span);

    private static string Text(BlueprintEvent made) => System.Text.Encoding.UTF8.GetString(made.Content.Span);
}
