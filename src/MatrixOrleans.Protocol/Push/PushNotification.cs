using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Push;

/// <summary>What a push gateway is told (Push Gateway API, <c>POST /_matrix/push/v1/notify</c>).</summary>
public sealed record PushNotification
{
    private const string EventIdOnly = "event_id_only";
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Longest content that is sent along, in bytes.</summary>
    public const int ContentBytesMax = 16 * 1024;

    public required string AppId { get; init; }

    public required string PushKey { get; init; }

    /// <summary>When the pushkey was set, in seconds since 1970.</summary>
    public required long PushKeyTs { get; init; }

    /// <summary>The pusher's <c>data</c>, with the gateway's URL in it.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The user's unread messages.</summary>
    public required long Unread { get; init; }

    /// <summary><c>null</c>: only the unread count changed.</summary>
    public Pdu? Event { get; init; }

    /// <summary>The actions of the rule that matched, as JSON.</summary>
    public string Actions { get; init; } = "[]";

    /// <summary>Who is told.</summary>
    public UserId User { get; init; }

    public string? SenderDisplayName { get; init; }

    public string? RoomName { get; init; }

    public string? RoomAlias { get; init; }

    /// <summary>The URL that the pusher's data names.</summary>
    public static Uri UrlOf(ReadOnlyMemory<byte> data) => new(JsonElement.Parse(data.Span).GetProperty("url"u8).GetString()!);

    public byte[] ToBytes()
    {
        var data = JsonElement.Parse(Data.Span);
        var output = new ByteBuffer(1024);
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        writer.WriteStartObject();
        writer.WriteStartObject("notification"u8);
        if (Event is { } shown)
        {
            writer.WriteString("event_id"u8, shown.EventId.Value);
            writer.WriteString("room_id"u8, shown.RoomId.Value);
            var format = data.TryGetProperty("format"u8, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            if (format != EventIdOnly)
            {
                WriteEvent(writer, shown);
            }

            writer.WriteString("prio"u8, IsUrgent(shown) ? "high"u8 : "low"u8);
        }

        writer.WriteStartObject("counts"u8);
        if (Unread > 0 || Event is null)
        {
            // NOTSPEC: an update of the count alone says zero too, for gateways do nothing about a count that is missing.
            writer.WriteNumber("unread"u8, Unread);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("devices"u8);
        WriteDevice(writer, data);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private void WriteEvent(Utf8JsonWriter writer, Pdu shown)
    {
        // NOTSPEC: what gateways from before the specification read in place of event_id.
        writer.WriteString("id"u8, shown.EventId.Value);
        writer.WriteString("type"u8, shown.Type);
        writer.WriteString("sender"u8, shown.Sender.Value);
        WriteText(writer, "sender_display_name", SenderDisplayName);
        WriteText(writer, "room_name", RoomName);
        WriteText(writer, "room_alias", RoomAlias);
        if (shown.Type == EventTypes.Member)
        {
            writer.WriteBoolean("user_is_target"u8, shown.StateKey == User.Value);
        }

        if (shown.ContentUtf8.Length <= ContentBytesMax)
        {
            writer.WritePropertyName("content"u8);
            writer.WriteRawValue(shown.ContentUtf8, skipInputValidation: true);
        }
    }

    private void WriteDevice(Utf8JsonWriter writer, JsonElement data)
    {
        writer.WriteStartObject();
        writer.WriteString("app_id"u8, AppId);
        writer.WriteString("pushkey"u8, PushKey);
        writer.WriteNumber("pushkey_ts"u8, PushKeyTs);
        writer.WriteStartObject("data"u8);
        foreach (var member in data.EnumerateObject())
        {
            if (!member.NameEquals("url"u8))
            {
                member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
        if (Event is not null)
        {
            writer.WriteStartObject("tweaks"u8);
            foreach (var (name, value) in Tweaks())
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>What the rule sets; a highlight without a value is one.</summary>
    private Dictionary<string, JsonElement> Tweaks()
    {
        var tweaks = new Dictionary<string, JsonElement>();
        foreach (var action in JsonElement.Parse(Actions).EnumerateArray())
        {
            if (action.ValueKind == JsonValueKind.Object && action.TryGetProperty("set_tweak"u8, out var name) && name.GetString() is { } tweak)
            {
                if (action.TryGetProperty("value"u8, out var value))
                {
                    tweaks[tweak] = value;
                }
                else if (tweak == "highlight")
                {
                    tweaks[tweak] = JsonElement.Parse("true");
                }
            }
        }

        return tweaks;
    }

    /// <summary>What makes a sound or stands out, and what only the client can judge.</summary>
    private bool IsUrgent(Pdu shown)
    {
        var tweaks = Tweaks();
        return shown.Type == EventTypes.Encrypted || tweaks.ContainsKey("sound") || (tweaks.TryGetValue("highlight", out var highlight) && highlight.ValueKind == JsonValueKind.True);
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
