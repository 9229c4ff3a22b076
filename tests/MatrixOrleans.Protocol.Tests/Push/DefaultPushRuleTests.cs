using System.Text.Json;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Tests.Events;

namespace MatrixOrleans.Protocol.Tests.Push;

public sealed class DefaultPushRuleTests
{
    private static readonly PowerLevels Levels = PowerLevels.Of(
        null, SampleEvents.Make(EventTypes.PowerLevels, """{"notifications":{"room":20,"other":"5"}}""", stateKey: "", version: RoomVersions.V9));

    private static PushResult Evaluate(Pdu pdu, long members = 10, long senderPower = 0) =>
        PushRuleSet.Default.Evaluate(new PushEvent(pdu, new PushFacts(members, senderPower, Levels)), SampleEvents.Bob, "Bob");

    [Fact]
    public void The_rules_stand_in_the_order_of_the_specification()
    {
        Assert.Equal(
            [
                ".m.rule.master", ".m.rule.suppress_notices", ".m.rule.invite_for_me", ".m.rule.member_event", ".m.rule.is_user_mention",
                ".m.rule.is_room_mention", ".m.rule.tombstone", ".m.rule.reaction", ".m.rule.room.server_acl", ".m.rule.suppress_edits",
                ".org.matrix.msc4028.encrypted_event",
            ],
            PushRuleSet.Default[PushRuleKind.Override].Select(r => r.RuleId));
        Assert.Equal(
            [".m.rule.call", ".m.rule.encrypted_room_one_to_one", ".m.rule.room_one_to_one", ".m.rule.message", ".m.rule.encrypted"],
            PushRuleSet.Default[PushRuleKind.Underride].Select(r => r.RuleId));
        Assert.Empty(PushRuleSet.Default[PushRuleKind.Content]);
        Assert.All(PushRuleKinds.All.SelectMany(k => PushRuleSet.Default[k]), r => Assert.True(r.IsDefault && r.Enabled == r.RuleId is not (".m.rule.master" or ".org.matrix.msc4028.encrypted_event")));
    }

    [Theory]
    [InlineData(EventTypes.Message, """{"msgtype":"m.text","body":"hi"}""", null, 10, ".m.rule.message", true, false, null)]
    [InlineData(EventTypes.Message, """{"msgtype":"m.text","body":"hi"}""", null, 2, ".m.rule.room_one_to_one", true, false, "default")]
    [InlineData(EventTypes.Encrypted, """{"ciphertext":"x"}""", null, 10, ".m.rule.encrypted", true, false, null)]
    [InlineData(EventTypes.Encrypted, """{"ciphertext":"x"}""", null, 2, ".m.rule.encrypted_room_one_to_one", true, false, "default")]
    [InlineData(EventTypes.Message, """{"msgtype":"m.notice","body":"hi"}""", null, 2, ".m.rule.suppress_notices", false, false, null)]
    [InlineData(EventTypes.Member, """{"membership":"invite"}""", "@bob:domain", 2, ".m.rule.invite_for_me", true, false, "default")]
    [InlineData(EventTypes.Member, """{"membership":"invite"}""", "@carol:domain", 2, ".m.rule.member_event", false, false, null)]
    [InlineData(EventTypes.Member, """{"membership":"join"}""", "@bob:domain", 2, ".m.rule.member_event", false, false, null)]
    [InlineData(EventTypes.Message, """{"body":"x","m.mentions":{"user_ids":["@x:y",1,"@bob:domain"]}}""", null, 10, ".m.rule.is_user_mention", true, true, "default")]
    [InlineData(EventTypes.Message, """{"body":"x","m.mentions":{"user_ids":["@BOB:domain"]}}""", null, 10, ".m.rule.message", true, false, null)]
    [InlineData(EventTypes.Message, """{"body":"x","m.mentions":{"user_ids":"@bob:domain"}}""", null, 10, ".m.rule.message", true, false, null)]
    [InlineData(EventTypes.Message, """{"body":"Bob bob @bob:domain","m.mentions":{}}""", null, 10, ".m.rule.message", true, false, null)]
    [InlineData(EventTypes.Tombstone, """{"body":"moved"}""", "", 10, ".m.rule.tombstone", true, true, null)]
    [InlineData(EventTypes.Tombstone, """{"body":"moved"}""", null, 10, null, false, false, null)]
    [InlineData(EventTypes.Reaction, """{"m.relates_to":{"rel_type":"m.annotation","key":"x"}}""", null, 2, ".m.rule.reaction", false, false, null)]
    [InlineData(EventTypes.ServerAcl, """{"allow":["*"]}""", "", 2, ".m.rule.room.server_acl", false, false, null)]
    [InlineData(EventTypes.Message, """{"body":"* x","m.relates_to":{"rel_type":"m.replace","event_id":"$x"}}""", null, 2, ".m.rule.suppress_edits", false, false, null)]
    [InlineData("m.call.invite", """{"call_id":"1"}""", null, 10, ".m.rule.call", true, false, "ring")]
    [InlineData(EventTypes.Topic, """{"topic":"x"}""", "", 2, null, false, false, null)]
    public void Events_meet_the_rule_that_is_meant_for_them(
        string type, string content, string? stateKey, long members, string? rule, bool notify, bool highlight, string? sound)
    {
        var result = Evaluate(SampleEvents.Make(type, content, stateKey), members);
        Assert.Equal((rule, notify, highlight, sound), (result.Rule?.RuleId, result.Notify, result.Highlight, result.Sound));
    }

    [Theory]
    [InlineData(19, ".m.rule.message")]
    [InlineData(20, ".m.rule.is_room_mention")]
    [InlineData(long.MaxValue, ".m.rule.is_room_mention")]
    public void The_room_is_mentioned_by_who_has_the_power_for_it(long power, string rule)
    {
        var pdu = SampleEvents.Make(EventTypes.Message, """{"body":"all","m.mentions":{"room":true}}""");
        Assert.Equal(rule, Evaluate(pdu, senderPower: power).Rule?.RuleId);
    }

    [Theory]
    [InlineData("room", 50, false)]
    [InlineData("other", 5, true)]
    public void Notifications_need_level_50_unless_the_room_says_otherwise(string key, long level, bool stated)
    {
        var levels = stated ? Levels : null;
        Assert.True(new PushFacts(1, level, levels).SenderMayNotify(key));
        Assert.False(new PushFacts(1, level - 1, levels).SenderMayNotify(key));
    }

    [Fact]
    public void Facts_that_were_kept_with_an_event_know_whether_the_room_may_be_notified()
    {
        Assert.True(new PushFacts(1, true).SenderMayNotify("room"));
        Assert.False(new PushFacts(1, false).SenderMayNotify("room"));
    }

    [Fact]
    public void Nobody_is_notified_of_what_he_sent_himself() =>
        Assert.Equal(PushResult.None, Evaluate(SampleEvents.Message("hi", sender: SampleEvents.Bob)));

    [Fact]
    public void Clients_see_the_rules_with_their_own_user_id_and_as_the_specification_defines_them()
    {
        var content = JsonElement.Parse(PushRuleSet.Default.ToBytes(SampleEvents.Bob)).GetProperty("global");
        var rules = content.GetProperty("override").EnumerateArray().ToDictionary(r => r.GetProperty("rule_id").GetString()!);
        Assert.True(JsonElement.DeepEquals(
            rules[".m.rule.is_user_mention"],
            JsonElement.Parse("""
                {"rule_id":".m.rule.is_user_mention","default":true,"enabled":true,
                 "conditions":[{"kind":"event_property_contains","key":"content.m\\.mentions.user_ids","value":"@bob:domain"}],
                 "actions":["notify",{"set_tweak":"sound","value":"default"},{"set_tweak":"highlight"}]}
                """)));
        Assert.True(JsonElement.DeepEquals(
            rules[".m.rule.invite_for_me"].GetProperty("conditions")[2],
            JsonElement.Parse("""{"key":"state_key","kind":"event_match","pattern":"@bob:domain"}""")));
        Assert.True(JsonElement.DeepEquals(
            rules[".m.rule.master"],
            JsonElement.Parse("""{"rule_id":".m.rule.master","default":true,"enabled":false,"conditions":[],"actions":[]}""")));
        Assert.True(JsonElement.DeepEquals(
            rules[".m.rule.suppress_edits"].GetProperty("conditions"),
            JsonElement.Parse("""[{"kind":"event_property_is","key":"content.m\\.relates_to.rel_type","value":"m.replace"}]""")));
        Assert.Equal(0, content.GetProperty("room").GetArrayLength());
        Assert.Equal(0, content.GetProperty("sender").GetArrayLength());
    }
}
