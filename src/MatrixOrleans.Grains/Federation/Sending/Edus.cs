using System.Text.Encodings.Web;
using System.Text.Json;
using MatrixOrleans.Contracts.Presence;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Users;
using MatrixOrleans.Storage.Users;

namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>Writes ephemeral messages for other servers (Server-Server API, "EDUs").</summary>
internal static class Edus
{
    public static byte[] Typing(RoomId room, UserId user, bool isTyping) => Write("m.typing", writer =>
    {
        writer.WriteString("room_id"u8, room.Value);
        writer.WriteString("user_id"u8, user.Value);
        writer.WriteBoolean("typing"u8, isTyping);
    });

    public static byte[] Presence(IEnumerable<PresenceView> views, long nowMs) => Write("m.presence", writer =>
    {
        writer.WriteStartArray("push"u8);
        foreach (var view in views)
        {
            writer.WriteStartObject();
            writer.WriteString("user_id"u8, view.User.Value);

            // A state that is only a proposal is told by the one that the specification knows.
            writer.WriteString("presence"u8, (view.Presence == PresenceState.Busy ? PresenceState.Online : view.Presence).Name());
            writer.WriteNumber("last_active_ago"u8, Math.Max(0, nowMs - (view.LastActiveMs ?? 0)));
            if (view.Presence != PresenceState.Offline)
            {
                writer.WriteBoolean("currently_active"u8, view.CurrentlyActive);
            }

            if (view.StatusMessage is { } status)
            {
                writer.WriteString("status_msg"u8, status);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    public static byte[] Receipt(RoomId room, ReceiptRow receipt) => Write("m.receipt", writer =>
    {
        writer.WriteStartObject(room.Value);
        writer.WriteStartObject(receipt.Type);
        writer.WriteStartObject(receipt.UserId);
        writer.WriteStartArray("event_ids"u8);
        writer.WriteStringValue(receipt.EventId);
        writer.WriteEndArray();
        writer.WriteStartObject("data"u8);
        writer.WriteNumber("ts"u8, receipt.Ts);
        if (receipt.Thread.Length > 0)
        {
            writer.WriteString("thread_id"u8, receipt.Thread);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    public static byte[] DirectToDevice(string sender, string type, string messageId, IEnumerable<(UserId User, string DeviceId, ReadOnlyMemory<byte> Json)> messages) => Write("m.direct_to_device", writer =>
    {
        writer.WriteString("sender"u8, sender);
        writer.WriteString("type"u8, type);
        writer.WriteString("message_id"u8, messageId);
        writer.WriteStartObject("messages"u8);
        foreach (var user in messages.GroupBy(message => message.User))
        {
            writer.WriteStartObject(user.Key.Value);
            foreach (var message in user)
            {
                writer.WritePropertyName(message.DeviceId);
                writer.WriteRawValue(message.Json.Span, skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    });

    /// <param name="keys">The device's identity keys; <c>null</c> for a device that is gone.</param>
    public static byte[] DeviceListUpdate(UserId user, string deviceId, string? displayName, ReadOnlyMemory<byte>? keys, long streamId) => Write("m.device_list_update", writer =>
    {
        writer.WriteString("user_id"u8, user.Value);
        writer.WriteString("device_id"u8, deviceId);
        if (displayName is not null)
        {
            writer.WriteString("device_display_name"u8, displayName);
        }

        writer.WriteNumber("stream_id"u8, streamId);
        writer.WriteStartArray("prev_id"u8);
        if (streamId > 1)
        {
            writer.WriteNumberValue(streamId - 1);
        }

        writer.WriteEndArray();
        if (keys is { } json)
        {
            writer.WritePropertyName("keys"u8);
            writer.WriteRawValue(json.Span, skipInputValidation: true);
        }
        else
        {
            writer.WriteBoolean("deleted"u8, true);
        }
    });

    public static byte[] SigningKeyUpdate(UserId user, ReadOnlyMemory<byte>? master, ReadOnlyMemory<byte>? selfSigning) => Write("m.signing_key_update", writer =>
    {
        writer.WriteString("user_id"u8, user.Value);
        foreach (var (name, key) in new[] { ("master_key", master), ("self_signing_key", selfSigning) })
        {
            if (key is { } json)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(json.Span, skipInputValidation: true);
            }
        }
    });

    private static byte[] Write(string type, Action<Utf8JsonWriter> content)
    {
        var buffer = new ByteBuffer(256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("edu_type"u8, type);
            writer.WriteStartObject("content"u8);
            content(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
