using System.Text;
using System.Text.Json;
using CsCheck;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Tests.Json;

namespace MatrixOrleans.Protocol.Tests.Events;

public sealed class RedactionTests
{
    private static JsonElement Redact(string json, RoomVersion version) => JsonElement.Parse(Redaction.Redact(JsonElement.Parse(json), version));

    private static string[] Content(string type, string content, string version) =>
        [.. Redact($$"""{"type":"{{type}}","content":{{content}}}""", RoomVersions.Get(version)).GetProperty("content").EnumerateObject().Select(m => m.Name)];

    [Theory]
    [InlineData("1", true)]
    [InlineData("10", true)]
    [InlineData("11", false)]
    [InlineData("12", false)]
    public void The_top_level_keeps_what_the_version_protects(string version, bool old)
    {
        string[] always = ["auth_events", "content", "depth", "event_id", "hashes", "origin_server_ts", "prev_events", "room_id", "sender", "signatures", "state_key", "type"];
        string[] once = ["membership", "origin", "prev_state"];
        string[] never = ["age_ts", "prev_content", "redacts", "replaces_state", "unsigned", "x"];
        var json = "{" + string.Join(',', always.Concat(once).Concat(never).Select(n => $"\"{n}\":1")) + "}";
        Assert.Equal(
            (old ? always.Concat(once) : always).Order(StringComparer.Ordinal),
            Redact(json, RoomVersions.Get(version)).EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("1", "membership")]
    [InlineData("8", "membership")]
    [InlineData("9", "membership join_authorised_via_users_server")]
    [InlineData("10", "membership join_authorised_via_users_server")]
    [InlineData("11", "membership join_authorised_via_users_server third_party_invite")]
    [InlineData("12", "membership join_authorised_via_users_server third_party_invite")]
    public void Members_keep_their_membership_and_more_with_time(string version, string kept) =>
        Assert.Equal(
            kept.Split(' '),
            Content(
                EventTypes.Member,
                """{"membership":"join","displayname":"x","avatar_url":"y","join_authorised_via_users_server":"@a:b","third_party_invite":{"display_name":"d","signed":{"token":"t"}},"reason":"r"}""",
                version));

    [Fact]
    public void Of_a_third_party_invite_only_what_is_signed_stays() =>
        Assert.Equal(
            """{"type":"m.room.member","content":{"third_party_invite":{"signed":{"token":"t"}}}}""",
            Redact("""{"type":"m.room.member","content":{"third_party_invite":{"display_name":"d","signed":{"token":"t"}}}}""", RoomVersions.V11).GetRawText());

    [Theory]
    [InlineData("1", "creator")]
    [InlineData("10", "creator")]
    [InlineData("11", "creator room_version m.federate x")]
    [InlineData("12", "creator room_version m.federate x")]
    public void Create_keeps_its_creator_and_later_everything(string version, string kept) =>
        Assert.Equal(kept.Split(' '), Content(EventTypes.Create, """{"creator":"@a:b","room_version":"1","m.federate":true,"x":{"y":1}}""", version));

    [Theory]
    [InlineData("1", "join_rule")]
    [InlineData("7", "join_rule")]
    [InlineData("8", "join_rule allow")]
    [InlineData("12", "join_rule allow")]
    public void Join_rules_keep_whom_they_allow_since_version_8(string version, string kept) =>
        Assert.Equal(kept.Split(' '), Content(EventTypes.JoinRules, """{"join_rule":"restricted","allow":[],"x":1}""", version));

    [Theory]
    [InlineData("1", false)]
    [InlineData("10", false)]
    [InlineData("11", true)]
    [InlineData("12", true)]
    public void Power_levels_keep_the_invite_level_since_version_11(string version, bool invite)
    {
        string[] kept = ["ban", "events", "events_default", "kick", "redact", "state_default", "users", "users_default"];
        var content = Content(
            EventTypes.PowerLevels,
            """{"ban":1,"events":{},"events_default":1,"invite":1,"kick":1,"redact":1,"state_default":1,"users":{},"users_default":1,"notifications":{},"x":1}""",
            version);
        Assert.Equal((invite ? kept.Append("invite") : kept).Order(StringComparer.Ordinal), content.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(EventTypes.Aliases, "aliases", "1", true)]
    [InlineData(EventTypes.Aliases, "aliases", "5", true)]
    [InlineData(EventTypes.Aliases, "aliases", "6", false)]
    [InlineData(EventTypes.HistoryVisibility, "history_visibility", "1", true)]
    [InlineData(EventTypes.HistoryVisibility, "history_visibility", "12", true)]
    [InlineData(EventTypes.Redaction, "redacts", "10", false)]
    [InlineData(EventTypes.Redaction, "redacts", "11", true)]
    [InlineData(EventTypes.Message, "body", "12", false)]
    [InlineData(EventTypes.Name, "name", "1", false)]
    [InlineData(EventTypes.ServerAcl, "allow", "12", false)]
    public void Other_types_keep_one_key_or_none(string type, string key, string version, bool kept) =>
        Assert.Equal(kept ? [key] : [], Content(type, $$"""{"{{key}}":"v","reason":"r"}""", version));

    [Fact]
    public void Content_that_is_no_object_becomes_an_empty_one() =>
        Assert.Equal("""{"type":"x","content":{}}""", Redact("""{"type":"x","content":[1]}""", RoomVersions.V11).GetRawText());

    [Fact]
    public void Redacting_twice_changes_nothing() =>
        Gen.Select(
            Gen.OneOf([.. new[] { EventTypes.Member, EventTypes.Create, EventTypes.PowerLevels, EventTypes.JoinRules, EventTypes.Redaction, "x" }.Select(t => Gen.Const(t))]),
            Gen.OneOf([.. new[] { "membership", "allow", "third_party_invite", "creator", "redacts", "users", "x" }.Select(t => Gen.Const(t))]),
            JsonGen.Value,
            Gen.Int[0, RoomVersions.All.Count - 1]).Sample((type, key, value, version) =>
        {
            var json = JsonElement.Parse($$$"""{"type":"{{{type}}}","sender":"@a:b","content":{"{{{key}}}":{{{value}}},"third":{{{value}}} },"unsigned":{}}""");
            var once = Redaction.Redact(json, RoomVersions.All[version]);
            Assert.Equal(once, Redaction.Redact(JsonElement.Parse(once), RoomVersions.All[version]));
        });

    [Fact]
    public void Names_that_are_written_with_escapes_are_known_too() =>
        Assert.Equal(
            ["membership"],
            Redact("""{"\u0074ype":"m.room.member","content":{"m\u0065mbership":"join"}}""", RoomVersions.V11).GetProperty("content").EnumerateObject().Select(m => m.Name));
}
