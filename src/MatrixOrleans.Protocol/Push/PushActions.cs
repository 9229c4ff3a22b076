using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Push;

/// <summary>What a push rule does when it matches (Client-Server API, "Actions"). Immutable; equal when the actions are.</summary>
public sealed class PushActions : IEquatable<PushActions>
{
    /// <summary>Most actions of one rule.</summary>
    public const int CountMax = 32;

    /// <summary>Does nothing: the event is not notified.</summary>
    public static readonly PushActions None = Of("[]");

    private PushActions(string json, bool notify, bool highlight, string? sound)
    {
        Json = json;
        Notify = notify;
        Highlight = highlight;
        Sound = sound;
    }

    /// <summary>The list, as canonical JSON.</summary>
    public string Json { get; }

    /// <summary>Whether the event counts as unread and goes to the push gateways.</summary>
    public bool Notify { get; }

    /// <summary>Whether the event is to stand out, and counts as highlighted.</summary>
    public bool Highlight { get; }

    /// <summary>The sound to be played; <c>null</c> for none.</summary>
    public string? Sound { get; }

    /// <summary>Reads a list of actions. The historical <c>dont_notify</c> and <c>coalesce</c> do nothing and are left out.</summary>
    /// <returns><c>null</c> when it is no list of strings and tweaks.</returns>
    public static PushActions? TryRead(JsonElement source)
    {
        if (source.ValueKind != JsonValueKind.Array || source.GetArrayLength() > CountMax)
        {
            return null;
        }

        var output = new ByteBuffer(64);
        var separator = "["u8;
        bool notify = false, highlight = false;
        string? sound = null;
        foreach (var action in source.EnumerateArray())
        {
            if (action.ValueKind == JsonValueKind.String)
            {
                if (action.ValueEquals("dont_notify"u8) || action.ValueEquals("coalesce"u8))
                {
                    continue;
                }

                notify |= action.ValueEquals("notify"u8);
            }
            else if (action.ValueKind == JsonValueKind.Object && action.TryGetProperty("set_tweak"u8, out var tweak) && tweak.ValueKind == JsonValueKind.String)
            {
                var hasValue = action.TryGetProperty("value"u8, out var value);
                if (tweak.ValueEquals("highlight"u8))
                {
                    highlight = !hasValue || value.ValueKind == JsonValueKind.True;
                }
                else if (tweak.ValueEquals("sound"u8))
                {
                    sound = hasValue && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
                }
            }
            else
            {
                return null;
            }

            output.Write(separator);
            separator = ","u8;
            if (!CanonicalJson.TryEncode(JsonMarshal.GetRawUtf8Value(action), CanonicalRules.Lenient, [], out var canonical, out _))
            {
                return null;
            }

            output.Write(canonical);
        }

        output.Write(output.Length == 0 ? "[]"u8 : "]"u8);
        return new PushActions(Encoding.UTF8.GetString(output.WrittenSpan), notify, highlight, sound);
    }

    public bool Equals(PushActions? other) => other is not null && other.Json == Json;

    public override bool Equals(object? obj) => Equals(obj as PushActions);

    public override int GetHashCode() => Json.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Json;

    internal static PushActions Of(string json) => TryRead(JsonElement.Parse(json)) ?? throw new FormatException("No push actions: " + json);
}
