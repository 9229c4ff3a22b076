using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using MatrixOrleans.Protocol.Tests.Events;

namespace MatrixOrleans.Protocol.Tests.Push;

public sealed class PushEvaluationsTests
{
    private static readonly UserId[] Users = [.. Enumerable.Range(0, 20).Select(i => UserId.Parse($"@user{i}:domain")), SampleEvents.Bob];

    private static readonly PushRuleSet[] Sets =
    [
        PushRuleSet.Default,
        PushRuleSet.Default.WithEnabled(PushRuleKind.Override, DefaultPushRules.Master, true),
        PushRuleSet.Default.WithRule(PushRuleKind.Content, "cake", JsonElement.Parse("""{"pattern":"cake","actions":["notify",{"set_tweak":"highlight"}]}""")),
        PushRuleSet.Default.WithRule(
            PushRuleKind.Override, "name", JsonElement.Parse("""{"conditions":[{"kind":"contains_display_name"}],"actions":["notify",{"set_tweak":"sound","value":"x"}]}""")),
    ];

    [Theory]
    [InlineData(EventTypes.Message, """{"msgtype":"m.text","body":"User 3 likes cake"}""", null)]
    [InlineData(EventTypes.Message, """{"msgtype":"m.text","body":"hi","m.mentions":{"user_ids":["@user4:domain"]}}""", null)]
    [InlineData(EventTypes.Member, """{"membership":"invite"}""", "@user5:domain")]
    [InlineData(EventTypes.Encrypted, """{"ciphertext":"x"}""", null)]
    public void Equal_rules_give_everybody_what_they_give_each(string type, string content, string? stateKey)
    {
        var pdu = SampleEvents.Make(type, content, stateKey);
        var subject = new PushEvent(pdu, new PushFacts(20, 0, null));
        var evaluations = new PushEvaluations(subject);
        for (var i = 0; i < Users.Length; i++)
        {
            var set = Sets[i % Sets.Length];
            Assert.Equal(set.Evaluate(subject, Users[i], $"User {i}").Rule, evaluations.Of(set, Users[i], $"User {i}").Rule);
        }
    }
}
