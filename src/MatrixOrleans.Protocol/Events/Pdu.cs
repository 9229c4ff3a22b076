using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Events;

/// <summary>
/// An event of a room as servers exchange it (Server-Server API, "PDUs"): the original bytes, never written anew, and what was read from them.
/// Immutable. Equality is by reference; within one room the event id names it.
/// </summary>
public sealed class Pdu
{
    private readonly (int At, int Length) _content;
    private Structure? _structure;

    internal Pdu(RoomVersion version, ReadOnlyMemory<byte> json, JsonElement root, JsonElement content, EventId eventId, RoomId roomId)
    {
        Version = version;
        Json = json;
        _structure = new Structure(root, content);
        EventId = eventId;
        RoomId = roomId;
    }

    /// <summary>An event that was just written: its JSON is read when somebody asks for more than is known.</summary>
    internal Pdu(RoomVersion version, ReadOnlyMemory<byte> json, int contentAt, int contentLength, EventId eventId, RoomId roomId)
    {
        Version = version;
        Json = json;
        _content = (contentAt, contentLength);
        EventId = eventId;
        RoomId = roomId;
    }

    public RoomVersion Version { get; }

    /// <summary>The original bytes in the federation format.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The whole event, read.</summary>
    public JsonElement Root => Read().Root;

    public EventId EventId { get; }

    /// <summary>The room; of a create event since room version 12, the one that it makes.</summary>
    public RoomId RoomId { get; }

    public required string Type { get; init; }

    /// <summary><c>null</c> for a message event; the empty string is a state key like any other.</summary>
    public required string? StateKey { get; init; }

    public required UserId Sender { get; init; }

    /// <summary>Milliseconds since 1970 by the sender's clock.</summary>
    public required long OriginServerTs { get; init; }

    public required long Depth { get; init; }

    public required ImmutableArray<EventId> PrevEvents { get; init; }

    public required ImmutableArray<EventId> AuthEvents { get; init; }

    /// <summary>Always an object.</summary>
    public JsonElement Content => Read().Content;

    /// <summary>The event that a redaction redacts, from where the room version has it; <c>null</c> for every other type.</summary>
    public required EventId? Redacts { get; init; }

    public bool IsState => StateKey is not null;

    /// <summary>What the event sets, when it is a state event.</summary>
    public StateKey? Key => StateKey is null ? null : new StateKey(Type, StateKey);

    /// <summary>The bytes of <c>content</c> as they stand in <see cref="Json"/>.</summary>
    public ReadOnlySpan<byte> ContentUtf8 => _content.Length > 0 ? Json.Span.Slice(_content.At, _content.Length) : JsonMarshal.GetRawUtf8Value(Content);

    /// <summary>A string in <c>content</c>; <c>null</c> when it is missing or no string.</summary>
    public string? ContentString(string name) =>
        Content.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public bool Is(string type, string stateKey) => StateKey == stateKey && Type == type;

    public override string ToString() => $"{EventId} ({Type})";

    private Structure Read()
    {
        if (_structure is { } known)
        {
            return known;
        }

        // Two threads may both read it: they read the same.
        var root = JsonElement.Parse(Json.Span, PduReader.TrustedOptions);
        return _structure = new Structure(root, root.GetProperty("content"u8));
    }

    private sealed record Structure(JsonElement Root, JsonElement Content);
}
