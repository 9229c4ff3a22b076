using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Events;

/// <summary>Reads PDUs: strictly, where a stranger sent them; quickly, where they come from our own database.</summary>
public static class PduReader
{
    /// <summary>Largest event, in canonical form with its signatures (Client-Server API, "Size limits").</summary>
    public const int BytesMax = 65_536;

    /// <summary>Largest event as it came: not canonical, it may hold blanks and needless escapes, but not without bound.</summary>
    public const int RawBytesMax = 4 * BytesMax;

    /// <summary>Longest sender, room id, type, state key and event id.</summary>
    public const int KeyBytesMax = 255;

    /// <summary>Most <c>prev_events</c> (event format: "no more than 20").</summary>
    public const int PrevEventsMax = 20;

    /// <summary>Most <c>auth_events</c> (event format: "no more than 10").</summary>
    public const int AuthEventsMax = 10;

    private static readonly JsonDocumentOptions StrictOptions = new() { AllowDuplicateProperties = false, MaxDepth = CanonicalJson.DepthMax };

    internal static readonly JsonDocumentOptions TrustedOptions = new() { MaxDepth = CanonicalJson.DepthMax };

    /// <summary>
    /// Checks an event that came from outside against the room version's format and the size limits
    /// (Server-Server API, "Checks performed on receipt of a PDU", step 1), and works out its event id. Hashes and signatures are not looked at.
    /// </summary>
    /// <param name="json">The event; the caller does not change the bytes afterwards.</param>
    /// <param name="fault">Why it is no event of this room version.</param>
    public static bool TryRead(ReadOnlyMemory<byte> json, RoomVersion version, [MaybeNullWhen(false)] out Pdu pdu, out string fault)
    {
        pdu = null;
        if (json.Length > RawBytesMax)
        {
            fault = $"larger than {RawBytesMax} bytes as it came";
            return false;
        }

        if (!CanonicalJson.TryEncode(json.Span, version.Canonical, [], out var canonical, out fault))
        {
            return false;
        }

        if (canonical.Length > BytesMax)
        {
            fault = $"larger than {BytesMax} bytes";
            return false;
        }

        var root = JsonElement.Parse(json.Span, StrictOptions);
        return TryRead(json, root, version, strict: true, null, out pdu, out fault);
    }

    /// <summary>Reads an event that was checked before it was stored.</summary>
    /// <param name="eventId">The id under which it was stored.</param>
    /// <exception cref="InvalidDataException">The stored bytes are no event: the database is damaged.</exception>
    public static Pdu ReadStored(ReadOnlyMemory<byte> json, RoomVersion version, EventId eventId)
    {
        var root = JsonElement.Parse(json.Span, TrustedOptions);
        return TryRead(json, root, version, strict: false, eventId, out var pdu, out var fault)
            ? pdu
            : throw new InvalidDataException($"Stored event {eventId} cannot be read: {fault}");
    }

    private static bool TryRead(
        ReadOnlyMemory<byte> json, JsonElement root, RoomVersion version, bool strict, EventId? known, [MaybeNullWhen(false)] out Pdu pdu, out string fault)
    {
        pdu = null;
        fault = "";
        if (root.ValueKind != JsonValueKind.Object)
        {
            fault = "not an object";
            return false;
        }

        if (Text(root, "type") is not { } type)
        {
            fault = "no type";
            return false;
        }

        string? stateKey = null;
        if (root.TryGetProperty("state_key", out var key))
        {
            if (key.ValueKind != JsonValueKind.String)
            {
                fault = "state_key is no string";
                return false;
            }

            stateKey = key.GetString();
        }

        if (!UserId.TryParse(Text(root, "sender"), out var sender))
        {
            fault = "no valid sender";
            return false;
        }

        if (!root.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.Object)
        {
            fault = "content is no object";
            return false;
        }

        if (!Integer(root, "origin_server_ts", out var ts))
        {
            fault = "no valid origin_server_ts";
            return false;
        }

        if (!Integer(root, "depth", out var depth) || depth < 0)
        {
            fault = "no valid depth";
            return false;
        }

        if (!EventIds(root, "prev_events", version, PrevEventsMax, out var prev) || !EventIds(root, "auth_events", version, AuthEventsMax, out var auth))
        {
            fault = "no valid prev_events or auth_events";
            return false;
        }

        if (strict && (!root.TryGetProperty("hashes", out var hashes) || hashes.ValueKind != JsonValueKind.Object
            || Text(hashes, "sha256") is null
            || !root.TryGetProperty("signatures", out var signatures) || signatures.ValueKind != JsonValueKind.Object))
        {
            fault = "no hashes or signatures";
            return false;
        }

        if (strict && (TooLong(type) || (stateKey is not null && TooLong(stateKey))))
        {
            fault = $"type or state_key longer than {KeyBytesMax} bytes";
            return false;
        }

        if (strict && root.TryGetProperty("unsigned", out var unsigned) && unsigned.ValueKind != JsonValueKind.Object)
        {
            fault = "unsigned is no object";
            return false;
        }

        EventId eventId;
        if (known is { } stored)
        {
            eventId = stored;
        }
        else if (version.EventIds == EventIdFormat.Chosen)
        {
            if (!EventId.TryParse(Text(root, "event_id"), out eventId))
            {
                fault = "no valid event_id";
                return false;
            }
        }
        else if (!EventHash.TryEventId(root, version, out eventId))
        {
            fault = "cannot be hashed";
            return false;
        }

        RoomId roomId;
        if (version.RoomIdIsCreateHash && type == EventTypes.Create && stateKey is "" && !root.TryGetProperty("room_id", out _))
        {
            roomId = RoomId.OfCreateEvent(eventId);
        }
        else if (!RoomId.TryParse(Text(root, "room_id"), out roomId))
        {
            fault = "no valid room_id";
            return false;
        }

        EventId? redacts = null;
        if (type == EventTypes.Redaction)
        {
            redacts = EventId.TryParse(version.RedactsInContent ? Text(content, "redacts") : Text(root, "redacts"), out var target) ? target : null;
        }

        pdu = new Pdu(version, json, root, content, eventId, roomId)
        {
            Type = type,
            StateKey = stateKey,
            Sender = sender,
            OriginServerTs = ts,
            Depth = depth,
            PrevEvents = prev,
            AuthEvents = auth,
            Redacts = redacts,
        };
        return true;
    }

    internal static bool TooLong(string text) => text.Length > KeyBytesMax || Encoding.UTF8.GetByteCount(text) > KeyBytesMax;

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Integer(JsonElement parent, string name, out long value)
    {
        value = 0;
        return parent.TryGetProperty(name, out var element) && element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value);
    }

    /// <summary>A list of ids, or in room versions 1-2 of pairs <c>[id, {"sha256": …}]</c>.</summary>
    private static bool EventIds(JsonElement root, string name, RoomVersion version, int most, out ImmutableArray<EventId> ids)
    {
        ids = [];
        if (!root.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > most)
        {
            return false;
        }

        var builder = ImmutableArray.CreateBuilder<EventId>(list.GetArrayLength());
        foreach (var entry in list.EnumerateArray())
        {
            var text = entry;
            if (version.EventIds == EventIdFormat.Chosen)
            {
                if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2)
                {
                    return false;
                }

                text = entry[0];
            }

            if (text.ValueKind != JsonValueKind.String || !EventId.TryParse(text.GetString(), out var id))
            {
                return false;
            }

            builder.Add(id);
        }

        ids = builder.MoveToImmutable();
        return true;
    }
}
