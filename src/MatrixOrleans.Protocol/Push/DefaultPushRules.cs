using System.Collections.Immutable;
using System.Text.Json;

namespace MatrixOrleans.Protocol.Push;

/// <summary>The server-default rules, in the specification's order (Client-Server API, "Predefined Rules").</summary>
public static class DefaultPushRules
{
    /// <summary>Stands above every other rule, also the user's own.</summary>
    public const string Master = ".m.rule.master";

    public const string UnsubscribedThread = ".io.element.msc4306.rule.unsubscribed_thread";
    public const string SubscribedThread = ".io.element.msc4306.rule.subscribed_thread";

    private const string NotifyOnly = """["notify"]""";
    private const string NotifyAloud = """["notify",{"set_tweak":"sound","value":"default"}]""";
    private const string NotifyHighlighted = """["notify",{"set_tweak":"highlight"}]""";

    public static ImmutableArray<PushRule> Override { get; } =
    [
        Rule(PushRuleKind.Override, Master, "[]") with { Enabled = false },
        Rule(PushRuleKind.Override, ".m.rule.suppress_notices", "[]", Match("content.msgtype", "m.notice")),
        Rule(
            PushRuleKind.Override,
            ".m.rule.invite_for_me",
            NotifyAloud,
            Match("type", "m.room.member"),
            Match("content.membership", "invite"),
            new OwnUserCondition($$"""{"key":"state_key","kind":"event_match","pattern":"{{OwnUserCondition.Placeholder}}"}""", mentioned: false)),
        Rule(PushRuleKind.Override, ".m.rule.member_event", "[]", Match("type", "m.room.member")),
        Rule(
            PushRuleKind.Override,
            ".m.rule.is_user_mention",
            """["notify",{"set_tweak":"sound","value":"default"},{"set_tweak":"highlight"}]""",
            new OwnUserCondition(
                $$"""{"key":"content.m\\.mentions.user_ids","kind":"event_property_contains","value":"{{OwnUserCondition.Placeholder}}"}""", mentioned: true)),
        Rule(
            PushRuleKind.Override,
            ".m.rule.is_room_mention",
            NotifyHighlighted,
            Read("""{"kind":"event_property_is","key":"content.m\\.mentions.room","value":true}"""),
            Read("""{"kind":"sender_notification_permission","key":"room"}""")),
        Rule(PushRuleKind.Override, ".m.rule.tombstone", NotifyHighlighted, Match("type", "m.room.tombstone"), Match("state_key", "")),
        Rule(PushRuleKind.Override, ".m.rule.reaction", "[]", Match("type", "m.reaction")),
        Rule(PushRuleKind.Override, ".m.rule.room.server_acl", "[]", Match("type", "m.room.server_acl"), Match("state_key", "")),
        Rule(PushRuleKind.Override, ".m.rule.suppress_edits", "[]", Read("""{"kind":"event_property_is","key":"content.m\\.relates_to.rel_type","value":"m.replace"}""")),

        // MSC4028: clients that decrypt in the background switch it on.
        Rule(PushRuleKind.Override, ".org.matrix.msc4028.encrypted_event", NotifyOnly, Match("type", "m.room.encrypted")) with { Enabled = false },
    ];

    public static ImmutableArray<PushRule> Underride { get; } =
    [
        Rule(PushRuleKind.Underride, ".m.rule.call", """["notify",{"set_tweak":"sound","value":"ring"}]""", Match("type", "m.call.invite")),
        Rule(PushRuleKind.Underride, ".m.rule.encrypted_room_one_to_one", NotifyAloud, TwoMembers(), Match("type", "m.room.encrypted")),
        Rule(PushRuleKind.Underride, ".m.rule.room_one_to_one", NotifyAloud, TwoMembers(), Match("type", "m.room.message")),
        Rule(PushRuleKind.Underride, ".m.rule.message", NotifyOnly, Match("type", "m.room.message")),
        Rule(PushRuleKind.Underride, ".m.rule.encrypted", NotifyOnly, Match("type", "m.room.encrypted")),
    ];

    /// <summary>
    /// Threads that a user follows, and those that a user does not (MSC4306). NOTSPEC: they hold for users who ever followed a thread; clients of others
    /// know nothing of subscriptions, and would hear of no thread any more.
    /// </summary>
    public static ImmutableArray<PushRule> PostContent { get; } =
    [
        Rule(PushRuleKind.PostContent, UnsubscribedThread, "[]", Read("""{"kind":"io.element.msc4306.thread_subscription","subscribed":false}""")),
        Rule(PushRuleKind.PostContent, SubscribedThread, NotifyAloud, Read("""{"kind":"io.element.msc4306.thread_subscription","subscribed":true}""")),
    ];

    /// <summary>The default rules of a kind; none but of override and underride.</summary>
    public static ImmutableArray<PushRule> Of(PushRuleKind kind) => kind switch
    {
        PushRuleKind.Override => Override,
        PushRuleKind.Underride => Underride,
        PushRuleKind.PostContent => PostContent,
        _ => [],
    };

    private static PushRule Rule(PushRuleKind kind, string id, string actions, params ImmutableArray<PushCondition> conditions) => new()
    {
        Kind = kind,
        RuleId = id,
        IsDefault = true,
        Conditions = conditions,
        Actions = PushActions.Of(actions),
    };

    private static PushCondition TwoMembers() => Read("""{"kind":"room_member_count","is":"2"}""");

    private static PushCondition Match(string key, string pattern) => Read($$"""{"kind":"event_match","key":"{{key}}","pattern":"{{pattern}}"}""");

    private static PushCondition Read(string json) => PushCondition.TryRead(JsonElement.Parse(json))!;
}
