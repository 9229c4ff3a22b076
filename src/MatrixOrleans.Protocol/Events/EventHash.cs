using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Events;

/// <summary>Content hash and reference hash (Server-Server API, "Signing Events").</summary>
public static class EventHash
{
    private static readonly byte[][] WithoutForContentHash = ["unsigned"u8.ToArray(), "signatures"u8.ToArray(), "hashes"u8.ToArray()];

    private static readonly byte[][] WithoutForSigning = ["unsigned"u8.ToArray(), "signatures"u8.ToArray()];

    private static readonly byte[][] WithoutForReference = ["unsigned"u8.ToArray(), "signatures"u8.ToArray(), "age_ts"u8.ToArray()];

    /// <summary>32 bytes over the event without <c>unsigned</c>, <c>signatures</c> and <c>hashes</c>.</summary>
    /// <exception cref="FormatException">The event is no canonical JSON of this room version.</exception>
    public static byte[] ContentHash(ReadOnlySpan<byte> eventJson, RoomVersion version) =>
        SHA256.HashData(Canonical(eventJson, version, WithoutForContentHash));

    /// <summary>Whether <c>hashes.sha256</c> is the content hash; when not, the event is to be redacted.</summary>
    public static bool ContentHashMatches(Pdu pdu) =>
        pdu.Root.TryGetProperty("hashes", out var hashes) && hashes.ValueKind == JsonValueKind.Object
        && hashes.TryGetProperty("sha256", out var stated) && stated.ValueKind == JsonValueKind.String
        && UnpaddedBase64.TryDecode(stated.GetString(), out var bytes)
        && bytes.AsSpan().SequenceEqual(ContentHash(pdu.Json.Span, pdu.Version));

    /// <summary>The bytes that a server signs: the redacted event without <c>unsigned</c> and <c>signatures</c>, canonical.</summary>
    public static byte[] SigningBytes(JsonElement eventRoot, RoomVersion version) =>
        Canonical(Redaction.Redact(eventRoot, version), version, WithoutForSigning);

    /// <summary>The event id that room versions since 3 make of the reference hash.</summary>
    public static bool TryEventId(JsonElement eventRoot, RoomVersion version, out EventId id)
    {
        id = default;
        if (!CanonicalJson.TryEncode(Redaction.Redact(eventRoot, version), version.Canonical, WithoutForReference, out var bytes, out _))
        {
            return false;
        }

        id = FromReferenceHash(SHA256.HashData(bytes), version);
        return true;
    }

    /// <summary>The event id for a reference hash, in the room version's alphabet.</summary>
    internal static EventId FromReferenceHash(ReadOnlySpan<byte> hash, RoomVersion version) =>
        EventId.Parse("$" + (version.EventIds == EventIdFormat.Hash ? UnpaddedBase64.Encode(hash) : UnpaddedBase64.EncodeUrlSafe(hash)));

    private static byte[] Canonical(ReadOnlySpan<byte> json, RoomVersion version, byte[][] without) =>
        CanonicalJson.TryEncode(json, version.Canonical, without, out var bytes, out var fault) ? bytes : throw new FormatException(fault);
}
