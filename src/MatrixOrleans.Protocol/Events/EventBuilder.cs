using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Events;

/// <summary>What a new event of ours says, before it has hashes, signatures and an id.</summary>
public sealed record EventTemplate
{
    /// <summary>Not written into a create event of room version 12.</summary>
    public required RoomId? RoomId { get; init; }

    public required string Type { get; init; }

    public required string? StateKey { get; init; }

    public required UserId Sender { get; init; }

    /// <summary>A JSON object.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    public required long OriginServerTs { get; init; }

    public required long Depth { get; init; }

    /// <summary>With the reference hash of each, which room versions 1-2 want beside the id; see <see cref="EventBuilder.ReferenceHash"/>.</summary>
    public required IReadOnlyList<EventReference> PrevEvents { get; init; }

    public required IReadOnlyList<EventReference> AuthEvents { get; init; }

    /// <summary>The redacted event, of a redaction; written to where the room version wants it.</summary>
    public EventId? Redacts { get; init; }
}

/// <summary>An event named by another.</summary>
/// <param name="Hash">Reference hash, needed in room versions 1-2 only; <c>null</c> elsewhere.</param>
public readonly record struct EventReference(EventId Id, byte[]? Hash);

/// <summary>Makes events of ours: writes them, hashes them, signs them (Server-Server API, "Adding hashes and signatures to outgoing events").</summary>
public static class EventBuilder
{
    /// <param name="chosenId">The id of the new event, in room versions 1-2.</param>
    /// <exception cref="FormatException">The content breaks the room version's rules (floats, large integers, duplicate keys).</exception>
    /// <exception cref="MatrixException">M_TOO_LARGE: the event, its type or its state key exceeds the size limits.</exception>
    public static Pdu Build(EventTemplate template, RoomVersion version, ServerName origin, SigningKey key, EventId? chosenId = null)
    {
        if (PduReader.TooLong(template.Type) || (template.StateKey is { } stateKey && PduReader.TooLong(stateKey)))
        {
            throw new MatrixException(MatrixError.TooLarge, $"Event types and state keys have at most {PduReader.KeyBytesMax} bytes");
        }

        if (version.EventIds == EventIdFormat.Chosen)
        {
            ArgumentNullException.ThrowIfNull(chosenId);
        }

        var unhashed = Write(template, version, chosenId);
        var canonical = CanonicalJson.Encode(unhashed, version.Canonical);
        var hash = UnpaddedBase64.Encode(SHA256.HashData(canonical));
        var hashed = Append(canonical, $",\"hashes\":{{\"sha256\":\"{hash}\"}}}}");
        var root = JsonElement.Parse(hashed);

        // Signed bytes and reference hash are of the same redacted event: it has no signatures yet.
        var signing = EventHash.SigningBytes(root, version);
        var signature = UnpaddedBase64.Encode(key.Sign(signing));
        var eventId = chosenId ?? EventHash.FromReferenceHash(SHA256.HashData(signing), version);
        var signed = Append(hashed, $",\"signatures\":{{\"{origin}\":{{\"{key.Id}\":\"{signature}\"}}}}}}");
        if (signed.Length > PduReader.BytesMax)
        {
            throw new MatrixException(MatrixError.TooLarge, $"An event has at most {PduReader.BytesMax} bytes, with all that servers add to it");
        }

        return PduReader.ReadStored(signed, version, eventId);
    }

    /// <summary>The event as other servers are asked to finish it: without hashes, signatures and, in room versions 1-2, an id.</summary>
    /// <exception cref="FormatException">The content breaks the room version's rules.</exception>
    public static byte[] Unsigned(EventTemplate template, RoomVersion version) =>
        CanonicalJson.Encode(Write(template, version, null), version.Canonical);

    /// <summary>The event as it will stand before the authorization rules, of a sender whose keys are not ours: neither hashed nor signed.</summary>
    /// <exception cref="FormatException">The content breaks the room version's rules.</exception>
    public static Pdu Trial(EventTemplate template, RoomVersion version, ServerName origin) =>
        PduReader.ReadStored(Unsigned(template, version), version, EventId.Parse($"$unsigned:{origin}"));

    /// <summary>The reference hash of an event, for those that refer to it in room versions 1-2.</summary>
    public static byte[] ReferenceHash(Pdu pdu) => SHA256.HashData(EventHash.SigningBytes(pdu.Root, pdu.Version));

    private static byte[] Append(ReadOnlySpan<byte> json, string tail)
    {
        var bytes = new byte[json.Length - 1 + Encoding.UTF8.GetByteCount(tail)];
        json[..^1].CopyTo(bytes);
        Encoding.UTF8.GetBytes(tail, bytes.AsSpan(json.Length - 1));
        return bytes;
    }

    private static ReadOnlySpan<byte> Write(EventTemplate template, RoomVersion version, EventId? chosenId)
    {
        var buffer = new ByteBuffer(template.Content.Length + 512);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        WriteReferences(writer, "auth_events", template.AuthEvents, version);
        writer.WritePropertyName("content"u8);
        writer.WriteRawValue(Content(template, version), skipInputValidation: true);
        writer.WriteNumber("depth"u8, template.Depth);
        if (version.EventIds == EventIdFormat.Chosen)
        {
            if (chosenId is { } id)
            {
                writer.WriteString("event_id"u8, id.Value);
            }
        }

        writer.WriteNumber("origin_server_ts"u8, template.OriginServerTs);
        WriteReferences(writer, "prev_events", template.PrevEvents, version);
        if (template.Redacts is { } redacts && !version.RedactsInContent)
        {
            writer.WriteString("redacts"u8, redacts.Value);
        }

        if (template.RoomId is { } roomId)
        {
            writer.WriteString("room_id"u8, roomId.Value);
        }

        writer.WriteString("sender"u8, template.Sender.Value);
        if (template.StateKey is not null)
        {
            writer.WriteString("state_key"u8, template.StateKey);
        }

        writer.WriteString("type"u8, template.Type);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan;
    }

    private static ReadOnlySpan<byte> Content(EventTemplate template, RoomVersion version)
    {
        if (template.Redacts is not { } redacts || !version.RedactsInContent)
        {
            return template.Content.Span;
        }

        // Whatever the caller's content says, the redaction names its target once.
        var buffer = new ByteBuffer(template.Content.Length + 64);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach (var member in JsonElement.Parse(template.Content.Span).EnumerateObject().Where(m => m.Name != "redacts"))
        {
            member.WriteTo(writer);
        }

        writer.WriteString("redacts"u8, redacts.Value);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan;
    }

    private static void WriteReferences(Utf8JsonWriter writer, string name, IReadOnlyList<EventReference> references, RoomVersion version)
    {
        writer.WriteStartArray(name);
        foreach (var reference in references)
        {
            if (version.EventIds == EventIdFormat.Chosen)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(reference.Id.Value);
                writer.WriteStartObject();
                writer.WriteString("sha256"u8, UnpaddedBase64.Encode(reference.Hash));
                writer.WriteEndObject();
                writer.WriteEndArray();
            }
            else
            {
                writer.WriteStringValue(reference.Id.Value);
            }
        }

        writer.WriteEndArray();
    }
}
