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
    /// <summary>The event around its content has one level of nesting of its own.</summary>
    private const int ContentDepthMax = CanonicalJson.DepthMax - 1;

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

        var content = Content(template, version);
        var form = new CanonicalEvent(template, version, chosenId);
        var output = new ByteBuffer(content.Length + 768);
        var contentAt = form.Write(output, content, null);
        var hash = UnpaddedBase64.Encode(SHA256.HashData(output.WrittenSpan));
        Append(output, $",\"hashes\":{{\"sha256\":\"{hash}\"}}}}");

        // Signed bytes and reference hash are of the same redacted event: it has no signatures yet.
        var signing = SigningBytes(output, form, hash);
        var signature = UnpaddedBase64.Encode(key.Sign(signing));
        var eventId = chosenId ?? EventHash.FromReferenceHash(SHA256.HashData(signing), version);
        Append(output, $",\"signatures\":{{\"{origin}\":{{\"{key.Id}\":\"{signature}\"}}}}}}");
        if (output.Length > PduReader.BytesMax)
        {
            throw new MatrixException(MatrixError.TooLarge, $"An event has at most {PduReader.BytesMax} bytes, with all that servers add to it");
        }

        ReadOnlyMemory<byte> json = output.WrittenSpan.ToArray();
        if (template.Type == EventTypes.Redaction)
        {
            // What it redacts may stand in the caller's content.
            return PduReader.ReadStored(json, version, eventId);
        }

        return new Pdu(version, json, contentAt, content.Length, eventId, template.RoomId ?? RoomId.OfCreateEvent(eventId))
        {
            Type = template.Type,
            StateKey = template.StateKey,
            Sender = template.Sender,
            OriginServerTs = template.OriginServerTs,
            Depth = template.Depth,
            PrevEvents = [.. template.PrevEvents.Select(reference => reference.Id)],
            AuthEvents = [.. template.AuthEvents.Select(reference => reference.Id)],
            Redacts = null,
        };
    }

    /// <summary>The event as other servers are asked to finish it: without hashes, signatures and, in room versions 1-2, an id.</summary>
    /// <exception cref="FormatException">The content breaks the room version's rules.</exception>
    public static byte[] Unsigned(EventTemplate template, RoomVersion version)
    {
        var output = new ByteBuffer(template.Content.Length + 512);
        new CanonicalEvent(template, version, null).Write(output, Content(template, version), null);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The event as it will stand before the authorization rules, of a sender whose keys are not ours: neither hashed nor signed.</summary>
    /// <exception cref="FormatException">The content breaks the room version's rules.</exception>
    public static Pdu Trial(EventTemplate template, RoomVersion version, ServerName origin) =>
        PduReader.ReadStored(Unsigned(template, version), version, EventId.Parse($"$unsigned:{origin}"));

    /// <summary>The reference hash of an event, for those that refer to it in room versions 1-2.</summary>
    public static byte[] ReferenceHash(Pdu pdu) => SHA256.HashData(EventHash.SigningBytes(pdu.Root, pdu.Version));

    /// <param name="hashed">The event without signatures.</param>
    private static ReadOnlySpan<byte> SigningBytes(ByteBuffer hashed, CanonicalEvent form, string hash)
    {
        if (Redaction.KeepsSomeContent(form.Template.Type))
        {
            return EventHash.SigningBytes(JsonElement.Parse(hashed.WrittenSpan), form.Version);
        }

        var redacted = new ByteBuffer(768);
        form.Write(redacted, "{}"u8, hash);
        return redacted.WrittenSpan;
    }

    /// <summary>Writes over the closing brace.</summary>
    private static void Append(ByteBuffer output, string tail)
    {
        output.Truncate(output.Length - 1);
        output.Advance(Encoding.UTF8.GetBytes(tail, output.GetSpan(tail.Length * 3)));
    }

    private static byte[] Content(EventTemplate template, RoomVersion version)
    {
        var given = template.Redacts is { } redacts && version.RedactsInContent ? WithRedacts(template.Content.Span, redacts) : template.Content.Span;
        if (!CanonicalJson.TryEncode(given, version.Canonical, [], out var canonical, out var fault, ContentDepthMax))
        {
            throw new FormatException(fault);
        }

        return canonical[0] == (byte)'{' ? canonical : throw new FormatException("not an object");
    }

    /// <summary>Whatever the caller's content says, the redaction names its target once.</summary>
    private static ReadOnlySpan<byte> WithRedacts(ReadOnlySpan<byte> content, EventId redacts)
    {
        var buffer = new ByteBuffer(content.Length + 64);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach (var member in JsonElement.Parse(content).EnumerateObject().Where(m => m.Name != "redacts"))
        {
            member.WriteTo(writer);
        }

        writer.WriteString("redacts"u8, redacts.Value);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan;
    }
}
