using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Push;

/// <summary>A condition of a push rule (Client-Server API, "Conditions"). Immutable; equal when the JSON is.</summary>
public abstract class PushCondition : IEquatable<PushCondition>
{
    private protected PushCondition(string json) => Json = json;

    /// <summary>The condition as canonical JSON; of a server-default rule, with <c>[the user's Matrix ID]</c> where the user's id goes.</summary>
    public string Json { get; }

    /// <summary>How much evaluating the condition can cost at worst, against one literal character of a pattern.</summary>
    internal virtual int Cost => 1;

    /// <summary>Reads a condition. One of an unknown kind, or that lacks what its kind needs, is kept and never holds.</summary>
    /// <returns><c>null</c> when it is no object with a <c>kind</c>.</returns>
    public static PushCondition? TryRead(JsonElement source)
    {
        if (source.ValueKind != JsonValueKind.Object || Text(source, "kind"u8) is not { } kind
            || !CanonicalJson.TryEncode(JsonMarshal.GetRawUtf8Value(source), CanonicalRules.Lenient, [], out var canonical, out _))
        {
            return null;
        }

        var json = Encoding.UTF8.GetString(canonical);
        var key = Text(source, "key"u8);
        switch (kind)
        {
            case "event_match" when key is not null && Text(source, "pattern"u8) is { } pattern:
                return new EventMatchCondition(json, key, pattern);
            case "event_property_is" when key is not null && Scalar(source) is { } value:
                return new EventPropertyCondition(json, key, value, contains: false);
            case "event_property_contains" when key is not null && Scalar(source) is { } value:
                return new EventPropertyCondition(json, key, value, contains: true);
            case "contains_display_name":
                return new DisplayNameCondition(json);
            case "room_member_count" when Text(source, "is"u8) is { } count:
                return MemberCountCondition.TryParse(json, count) ?? (PushCondition)new UnknownCondition(json);
            case "sender_notification_permission" when key is not null:
                return new SenderPermissionCondition(json, key);
            default:
                return new UnknownCondition(json);
        }
    }

    public bool Equals(PushCondition? other) => other is not null && other.Json == Json;

    public override bool Equals(object? obj) => Equals(obj as PushCondition);

    public override int GetHashCode() => Json.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Json;

    /// <summary>Whether the condition holds for the event and this user.</summary>
    internal abstract bool Holds(PushEvent subject, UserId user, string? displayName);

    /// <summary>The condition's JSON as that user sees it.</summary>
    internal virtual string JsonFor(UserId user) => Json;

    private static string? Text(JsonElement source, ReadOnlySpan<byte> name) =>
        source.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static PushScalar? Scalar(JsonElement source) => source.TryGetProperty("value"u8, out var value) ? PushScalar.TryRead(value) : null;
}
