using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Rooms.Directory;

/// <summary>A valid child of a space (Client-Server API, "m.space.child").</summary>
/// <param name="Order"><c>null</c> without a valid order.</param>
public sealed record SpaceChild(RoomId Room, string? Order, bool IsSuggested, Pdu Event)
{
    private const int OrderLengthMax = 50;

    /// <summary>The children in the order in which they are shown ("Ordering of children within a space").</summary>
    public static IReadOnlyList<SpaceChild> Ordered(IEnumerable<Pdu> events) =>
    [
        .. events.Select(Of).OfType<SpaceChild>()
            .OrderBy(child => child.Order is null)
            .ThenBy(child => child.Order, StringComparer.Ordinal)
            .ThenBy(child => child.Event.OriginServerTs)
            .ThenBy(child => child.Room),
    ];

    /// <summary>Writes the event as stripped state with its time.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, Event.Type);
        writer.WriteString("state_key"u8, Event.StateKey);
        writer.WritePropertyName("content"u8);
        Event.Content.WriteTo(writer);
        writer.WriteString("sender"u8, Event.Sender.Value);
        writer.WriteNumber("origin_server_ts"u8, Event.OriginServerTs);
        writer.WriteEndObject();
    }

    /// <summary>Without <c>via</c> a child was removed.</summary>
    private static SpaceChild? Of(Pdu pdu)
    {
        var content = pdu.Content;
        if (!RoomId.TryParse(pdu.StateKey, out var room) || !content.TryGetProperty("via", out var via)
            || via.ValueKind != JsonValueKind.Array || via.GetArrayLength() == 0)
        {
            return null;
        }

        var order = content.TryGetProperty("order", out var text) && text.ValueKind == JsonValueKind.String && IsOrder(text.GetString()!) ? text.GetString() : null;
        return new SpaceChild(room, order, content.TryGetProperty("suggested", out var suggested) && suggested.ValueKind == JsonValueKind.True, pdu);
    }

    private static bool IsOrder(string text) => text.Length <= OrderLengthMax && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
