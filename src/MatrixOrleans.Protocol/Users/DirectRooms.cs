using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Users;

/// <summary>The content of <c>m.direct</c>: which rooms are direct chats, by the other user (Client-Server API, "Direct Messaging").</summary>
public static class DirectRooms
{
    public const string Type = "m.direct";

    /// <summary>The content with a room's replacement wherever the room is; <c>null</c> when nothing is to change.</summary>
    public static ReadOnlyMemory<byte>? WithReplacement(ReadOnlyMemory<byte> content, RoomId old, RoomId replacement)
    {
        var root = JsonElement.Parse(content.Span);
        if (root.ValueKind != JsonValueKind.Object || !root.EnumerateObject().Any(m => Has(m.Value, old) && !Has(m.Value, replacement)))
        {
            return null;
        }

        var buffer = new ByteBuffer(content.Length + 64);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach (var member in root.EnumerateObject())
        {
            if (!Has(member.Value, old) || Has(member.Value, replacement))
            {
                member.WriteTo(writer);
                continue;
            }

            writer.WriteStartArray(member.Name);
            foreach (var room in member.Value.EnumerateArray())
            {
                room.WriteTo(writer);
            }

            writer.WriteStringValue(replacement.Value);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static bool Has(JsonElement rooms, RoomId room) =>
        rooms.ValueKind == JsonValueKind.Array && rooms.EnumerateArray().Any(r => r.ValueKind == JsonValueKind.String && r.ValueEquals(room.Value));
}
