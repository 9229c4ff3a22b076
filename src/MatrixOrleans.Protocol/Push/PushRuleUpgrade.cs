using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Push;

/// <summary>Push rules for a room that replaces another (Client-Server API, "Room Upgrades").</summary>
public static class PushRuleUpgrade
{
    /// <summary>Every rule of the user's own that is about the old room, once more for the new one, and as important.</summary>
    public static PushRuleSet WithReplacement(this PushRuleSet set, RoomId old, RoomId replacement)
    {
        foreach (var kind in (PushRuleKind[])[PushRuleKind.Override, PushRuleKind.Room, PushRuleKind.Underride])
        {
            foreach (var rule in set[kind].Where(r => !r.IsDefault && IsAbout(r, old)).Reverse().ToList())
            {
                set = With(set, rule, old, replacement);
            }
        }

        return set;
    }

    private static PushRuleSet With(PushRuleSet set, PushRule rule, RoomId old, RoomId replacement)
    {
        var id = rule.RuleId.Contains(old.Value, StringComparison.Ordinal)
            ? rule.RuleId.Replace(old.Value, replacement.Value, StringComparison.Ordinal)
            : $"{rule.RuleId} {replacement.Value}";
        if (set.Find(rule.Kind, id) is not null)
        {
            return set;
        }

        try
        {
            return set.WithRule(rule.Kind, id, Body(rule, old, replacement), after: rule.RuleId).WithEnabled(rule.Kind, id, rule.Enabled);
        }
        catch (MatrixException)
        {
            // Too long an id, or too many rules: the user keeps what there is.
            return set;
        }
    }

    private static bool IsAbout(PushRule rule, RoomId room) =>
        rule.Kind == PushRuleKind.Room ? rule.RuleId == room.Value : rule.Conditions.Any(c => IsRoom(JsonElement.Parse(c.Json), room));

    private static bool IsRoom(JsonElement condition, RoomId room) =>
        Is(condition, "kind", "event_match") && Is(condition, "key", "room_id") && Is(condition, "pattern", room.Value);

    private static bool Is(JsonElement condition, string name, string value) =>
        condition.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String && member.ValueEquals(value);

    private static JsonElement Body(PushRule rule, RoomId old, RoomId replacement)
    {
        var buffer = new ByteBuffer(256);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteStartArray("conditions"u8);
        foreach (var condition in rule.Conditions)
        {
            if (!IsRoom(JsonElement.Parse(condition.Json), old))
            {
                writer.WriteRawValue(condition.Json);
                continue;
            }

            writer.WriteStartObject();
            writer.WriteString("kind"u8, "event_match"u8);
            writer.WriteString("key"u8, "room_id"u8);
            writer.WriteString("pattern"u8, replacement.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WritePropertyName("actions"u8);
        writer.WriteRawValue(rule.Actions.Json);
        writer.WriteEndObject();
        writer.Flush();
        return JsonElement.Parse(buffer.WrittenSpan);
    }
}
