using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Tests.Events;

namespace MatrixOrleans.Protocol.Tests.Push;

public sealed class PushRuleSetTests
{
    private const string NotifyBody = """{"actions":["notify"]}""";

    private static JsonElement Json(string json) => JsonElement.Parse(json);

    private static PushResult Evaluate(PushRuleSet set, Pdu pdu) =>
        set.Evaluate(new PushEvent(pdu, new PushFacts(10, 0, null)), SampleEvents.Bob, null);

    private static IEnumerable<string> OwnIds(PushRuleSet set, PushRuleKind kind) => set[kind].Where(r => !r.IsDefault).Select(r => r.RuleId);

    private static MatrixError Refusal(Action action) => Assert.Throws<MatrixException>(action).Code;

    [Fact]
    public void Kinds_are_asked_in_their_order()
    {
        var set = PushRuleSet.Default;
        var pdu = SampleEvents.Message("tea time");
        Assert.Equal(".m.rule.message", Evaluate(set, pdu).Rule!.RuleId);
        set = set.WithRule(PushRuleKind.Sender, "@alice:domain", Json("""{"actions":[]}"""));
        Assert.Equal("@alice:domain", Evaluate(set, pdu).Rule!.RuleId);
        Assert.False(Evaluate(set, pdu).Notify);
        set = set.WithRule(PushRuleKind.Room, "!room:domain", Json(NotifyBody));
        Assert.Equal("!room:domain", Evaluate(set, pdu).Rule!.RuleId);
        set = set.WithRule(PushRuleKind.Content, "tea", Json("""{"pattern":"tea","actions":["notify",{"set_tweak":"highlight"}]}"""));
        Assert.True(Evaluate(set, pdu).Highlight);
        set = set.WithRule(PushRuleKind.Override, "few", Json("""{"conditions":[{"kind":"room_member_count","is":"<=10"}],"actions":["notify",{"set_tweak":"sound","value":"beeroclock.wav"}]}"""));
        Assert.Equal("beeroclock.wav", Evaluate(set, pdu).Sound);
        set = set.WithEnabled(PushRuleKind.Override, DefaultPushRules.Master, true);
        Assert.Equal(DefaultPushRules.Master, Evaluate(set, pdu).Rule!.RuleId);
        Assert.False(Evaluate(set, pdu).Notify);
    }

    [Fact]
    public void The_more_important_of_two_matching_rules_decides()
    {
        var set = PushRuleSet.Default
            .WithRule(PushRuleKind.Content, "time", Json("""{"pattern":"time","actions":["notify"]}"""))
            .WithRule(PushRuleKind.Content, "tea", Json("""{"pattern":"tea","actions":[]}"""));
        Assert.Equal("tea", Evaluate(set, SampleEvents.Message("It's time for tea")).Rule!.RuleId);
        set = set.WithEnabled(PushRuleKind.Content, "tea", false);
        Assert.Equal("time", Evaluate(set, SampleEvents.Message("It's time for tea")).Rule!.RuleId);
    }

    [Fact]
    public void A_disabled_room_or_sender_rule_does_not_match()
    {
        var set = PushRuleSet.Default
            .WithRule(PushRuleKind.Room, "!room:domain", Json("""{"actions":[]}"""))
            .WithRule(PushRuleKind.Sender, "@alice:domain", Json("""{"actions":[]}"""))
            .WithEnabled(PushRuleKind.Room, "!room:domain", false)
            .WithEnabled(PushRuleKind.Sender, "@alice:domain", false);
        Assert.Equal(".m.rule.message", Evaluate(set, SampleEvents.Message("x")).Rule!.RuleId);
    }

    [Fact]
    public void New_rules_are_the_most_important_of_the_users_own_and_stand_below_master()
    {
        var set = PushRuleSet.Default.WithRule(PushRuleKind.Override, "a", Json(NotifyBody)).WithRule(PushRuleKind.Override, "b", Json(NotifyBody));
        Assert.Equal([DefaultPushRules.Master, "b", "a", ".m.rule.suppress_notices"], set[PushRuleKind.Override].Take(4).Select(r => r.RuleId));
        set = set.WithRule(PushRuleKind.Underride, "u", Json(NotifyBody));
        Assert.Equal("u", set[PushRuleKind.Underride][0].RuleId);
    }

    [Fact]
    public void Before_and_after_place_a_rule()
    {
        var body = Json("""{"pattern":"x","actions":[]}""");
        var set = PushRuleSet.Default.WithRule(PushRuleKind.Content, "c", body).WithRule(PushRuleKind.Content, "a", body);
        set = set.WithRule(PushRuleKind.Content, "b", body, after: "a");
        Assert.Equal(["a", "b", "c"], OwnIds(set, PushRuleKind.Content));
        set = set.WithRule(PushRuleKind.Content, "c", body, before: "b", after: "a");
        Assert.Equal(["a", "c", "b"], OwnIds(set, PushRuleKind.Content));
        set = set.WithRule(PushRuleKind.Content, "c", body, before: "c");
        Assert.Equal(["a", "c", "b"], OwnIds(set, PushRuleKind.Content));
        set = set.WithRule(PushRuleKind.Content, "b", Json("""{"pattern":"y","actions":["notify"]}"""));
        Assert.Equal(["a", "c", "b"], OwnIds(set, PushRuleKind.Content));
        Assert.Equal("y", set.Find(PushRuleKind.Content, "b")!.Pattern);
        Assert.Equal(new MatrixError("M_UNKNOWN", 400), Refusal(() => set.WithRule(PushRuleKind.Content, "d", body, before: "nobody")));
        Assert.Equal(new MatrixError("M_UNKNOWN", 400), Refusal(() => set.WithRule(PushRuleKind.Override, "d", Json(NotifyBody), after: ".m.rule.tombstone")));
    }

    [Fact]
    public void A_changed_rule_stays_switched_as_it_was()
    {
        var set = PushRuleSet.Default.WithRule(PushRuleKind.Override, "a", Json(NotifyBody)).WithEnabled(PushRuleKind.Override, "a", false);
        Assert.False(set.WithRule(PushRuleKind.Override, "a", Json("""{"actions":[]}""")).Find(PushRuleKind.Override, "a")!.Enabled);
    }

    [Fact]
    public void Rules_of_the_server_take_other_actions_but_cannot_be_made_or_removed()
    {
        var set = PushRuleSet.Default.WithActions(PushRuleKind.Underride, ".m.rule.message", Json("""{"actions":["dont_notify"]}"""));
        Assert.False(Evaluate(set, SampleEvents.Message("x")).Notify);
        Assert.Equal("[]", set.Find(PushRuleKind.Underride, ".m.rule.message")!.Actions.Json);
        Assert.Equal(MatrixError.InvalidParam, Refusal(() => set.WithoutRule(PushRuleKind.Underride, ".m.rule.message")));
        Assert.Equal(MatrixError.InvalidParam, Refusal(() => set.WithRule(PushRuleKind.Underride, ".m.rule.message", Json(NotifyBody))));
        Assert.Equal(MatrixError.NotFound, Refusal(() => set.WithoutRule(PushRuleKind.Underride, "nothing")));
        Assert.Equal(MatrixError.NotFound, Refusal(() => set.WithEnabled(PushRuleKind.Room, "!x:y", true)));
        Assert.Equal(MatrixError.NotFound, Refusal(() => set.WithActions(PushRuleKind.Override, ".m.rule.message", Json(NotifyBody))));
    }

    [Theory]
    [InlineData("override", "", NotifyBody, "M_INVALID_PARAM")]
    [InlineData("override", ".x", NotifyBody, "M_INVALID_PARAM")]
    [InlineData("override", "a/b", NotifyBody, "M_INVALID_PARAM")]
    [InlineData("override", "a\\b", NotifyBody, "M_INVALID_PARAM")]
    [InlineData("sender", "!room:domain", NotifyBody, "M_INVALID_PARAM")]
    [InlineData("override", "a", "[]", "M_BAD_JSON")]
    [InlineData("override", "a", "{}", "M_MISSING_PARAM")]
    [InlineData("override", "a", """{"actions":"notify"}""", "M_BAD_JSON")]
    [InlineData("override", "a", """{"actions":[1]}""", "M_BAD_JSON")]
    [InlineData("override", "a", """{"actions":[{"tweak":"sound"}]}""", "M_BAD_JSON")]
    [InlineData("override", "a", """{"actions":["\ud800"]}""", "M_BAD_JSON")]
    [InlineData("override", "a", """{"actions":[],"conditions":{}}""", "M_BAD_JSON")]
    [InlineData("override", "a", """{"actions":[],"conditions":[{"key":"x"}]}""", "M_BAD_JSON")]
    [InlineData("content", "a", NotifyBody, "M_MISSING_PARAM")]
    [InlineData("content", "a", """{"actions":[],"pattern":1}""", "M_BAD_JSON")]
    public void A_rule_that_is_none_is_refused(string kind, string id, string body, string code)
    {
        Assert.True(PushRuleKinds.TryParse(kind, out var parsed));
        Assert.Equal(code, Refusal(() => PushRuleSet.Default.WithRule(parsed, id, Json(body))).Code);
    }

    [Fact]
    public void Patterns_of_one_user_are_bounded_together()
    {
        var body = Json($$"""{"pattern":"{{new string('?', 1000)}}","actions":[]}""");
        var set = PushRuleSet.Default;
        for (var i = 0; i < 4; i++)
        {
            set = set.WithRule(PushRuleKind.Content, $"r{i}", body);
        }

        Assert.Equal(MatrixError.TooLarge, Refusal(() => set.WithRule(PushRuleKind.Content, "r4", body)));
    }

    [Fact]
    public void Stored_rules_come_back_and_new_defaults_with_them()
    {
        var set = PushRuleSet.Default
            .WithRule(PushRuleKind.Override, "é\"", Json("""{"conditions":[{"kind":"x.unknown","a":1}],"actions":["notify",{"set_tweak":"x.light","value":{"a":[1]}}]}"""))
            .WithRule(PushRuleKind.Content, "cake", Json("""{"pattern":"cake*lie","actions":[]}"""))
            .WithEnabled(PushRuleKind.Content, "cake", false)
            .WithRule(PushRuleKind.Room, "!room:domain", Json("""{"actions":[]}"""))
            .WithEnabled(PushRuleKind.Override, ".m.rule.reaction", false);
        foreach (var stored in new[] { set.ToStored(), set.ToBytes(SampleEvents.Bob) })
        {
            var read = PushRuleReader.ReadStored(stored);
            Assert.Equal(set, read);
            Assert.Equal(set.GetHashCode(), read.GetHashCode());
            Assert.Equal(set.ToBytes(SampleEvents.Bob), read.ToBytes(SampleEvents.Bob));
        }

        Assert.True(set.ToStored().Length < 800);
    }

    [Fact]
    public void Users_who_changed_nothing_share_one_set()
    {
        Assert.Same(PushRuleSet.Default, PushRuleReader.ReadStored("{}"u8));
        Assert.Same(PushRuleSet.Default, PushRuleReader.ReadStored(PushRuleSet.Default.ToStored()));
        Assert.Same(PushRuleSet.Default, PushRuleReader.ReadStored(PushRuleSet.Default.ToBytes(SampleEvents.Alice)));
        Assert.NotEqual(PushRuleSet.Default, PushRuleSet.Default.WithEnabled(PushRuleKind.Override, ".m.rule.reaction", false));
        Assert.Equal(
            PushRuleSet.Default,
            PushRuleSet.Default.WithEnabled(PushRuleKind.Override, ".m.rule.reaction", false).WithEnabled(PushRuleKind.Override, ".m.rule.reaction", true));
    }

    [Fact]
    public void What_cannot_be_read_in_storage_is_dropped_and_the_rest_kept()
    {
        var read = PushRuleReader.ReadStored(Encoding.UTF8.GetBytes("""
            {"global":{"override":[1,{"rule_id":".m.rule.contains_display_name","actions":["notify"],"enabled":true},
              {"rule_id":"good","actions":["notify","coalesce"]},{"rule_id":"good","actions":[]},{"rule_id":"bad","actions":7},{"rule_id":"\ud800","actions":[]}],
             "content":{},"sender":[{"rule_id":"not a user","actions":[]}]}}
            """));
        Assert.Equal(["good"], OwnIds(read, PushRuleKind.Override));
        Assert.Equal("""["notify"]""", read.Find(PushRuleKind.Override, "good")!.Actions.Json);
        Assert.Empty(read[PushRuleKind.Sender]);
        Assert.Throws<InvalidDataException>(() => PushRuleReader.ReadStored("{"u8));
    }

    [Theory]
    [InlineData("""[{"set_tweak":"highlight"}]""", false, true, null)]
    [InlineData("""["notify",{"set_tweak":"highlight","value":false}]""", true, false, null)]
    [InlineData("""["notify",{"set_tweak":"sound"}]""", true, false, null)]
    [InlineData("""["x.other",{"set_tweak":"sound","value":"ping"}]""", false, false, "ping")]
    public void Actions_say_what_to_do(string json, bool notify, bool highlight, string? sound)
    {
        var actions = PushActions.TryRead(Json(json))!;
        Assert.Equal((notify, highlight, sound), (actions.Notify, actions.Highlight, actions.Sound));
        Assert.Equal(json, actions.Json);
    }

    [Fact]
    public void An_ordinary_message_is_evaluated_without_allocation()
    {
        var set = PushRuleSet.Default.WithRule(PushRuleKind.Content, "cake", Json("""{"pattern":"cake","actions":[]}"""));
        var subject = new PushEvent(SampleEvents.Message("nothing of interest in here"), new PushFacts(10, 0, null));
        set.Evaluate(subject, SampleEvents.Bob, "Bob");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            set.Evaluate(subject, SampleEvents.Bob, "Bob");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
