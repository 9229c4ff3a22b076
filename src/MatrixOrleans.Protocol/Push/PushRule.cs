using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Text;

namespace MatrixOrleans.Protocol.Push;

/// <summary>When to notify, and how (Client-Server API, "Push Rules"). Immutable.</summary>
public sealed record PushRule
{
    private static readonly PropertyPath Body = PropertyPath.Parse("content.body");

    private readonly Glob? _pattern;

    public required PushRuleKind Kind { get; init; }

    /// <summary>Unique within its kind; of server-default rules it starts with a dot; of room and sender rules it is the room's or sender's id.</summary>
    public required string RuleId { get; init; }

    /// <summary>A rule of the server, which users can switch off and give other actions but neither remove nor move.</summary>
    public bool IsDefault { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>Of override and underride rules; all must hold.</summary>
    public ImmutableArray<PushCondition> Conditions { get; init; } = [];

    /// <summary>Of content rules: a glob on words of the body.</summary>
    public string? Pattern
    {
        get => _pattern?.Pattern;
        init => _pattern = value is null ? null : Glob.Compile(value, ignoreCase: true);
    }

    public required PushActions Actions { get; init; }

    /// <summary>How much evaluating the rule can cost at worst, against one literal character of a pattern.</summary>
    internal int Cost => (Pattern is null ? 0 : EventMatchCondition.CostOf(Pattern)) + Conditions.Sum(c => c.Cost);

    /// <summary>Whether the rule is on and applies to the event for this user.</summary>
    internal bool Matches(PushEvent subject, UserId user, string? displayName)
    {
        if (!Enabled)
        {
            return false;
        }

        switch (Kind)
        {
            case PushRuleKind.Room:
                return subject.Pdu.RoomId.Value == RuleId;
            case PushRuleKind.Sender:
                return subject.Pdu.Sender.Value == RuleId;
            case PushRuleKind.Content:
                return _pattern is not null && subject.Text(Body) is { } body && _pattern.IsMatchOfWords(body);
            default:
                foreach (var condition in Conditions)
                {
                    if (!condition.Holds(subject, user, displayName))
                    {
                        return false;
                    }
                }

                return true;
        }
    }

    /// <summary>Writes the rule as clients see it.</summary>
    /// <param name="user">Whose rule it is: server-default rules name him.</param>
    public void Write(Utf8JsonWriter writer, UserId user)
    {
        writer.WriteStartObject();
        writer.WriteString("rule_id"u8, RuleId);
        writer.WriteBoolean("default"u8, IsDefault);
        writer.WriteBoolean("enabled"u8, Enabled);
        if (Kind is PushRuleKind.Override or PushRuleKind.Underride or PushRuleKind.PostContent)
        {
            writer.WriteStartArray("conditions"u8);
            foreach (var condition in Conditions)
            {
                writer.WriteRawValue(condition.JsonFor(user), skipInputValidation: true);
            }

            writer.WriteEndArray();
        }

        if (Pattern is not null)
        {
            writer.WriteString("pattern"u8, Pattern);
        }

        writer.WritePropertyName("actions"u8);
        writer.WriteRawValue(Actions.Json, skipInputValidation: true);
        writer.WriteEndObject();
    }
}
