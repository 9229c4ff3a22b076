using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>A verify key of a server.</summary>
/// <param name="KeyId">e.g. <c>ed25519:a1</c>.</param>
/// <param name="PublicKey">32 bytes.</param>
/// <param name="ExpiredMs">Of an old key: when the server stopped using it; <c>null</c> for one in use.</param>
public sealed record ServerKey(string KeyId, ReadOnlyMemory<byte> PublicKey, long? ExpiredMs);

/// <summary>What a server publishes of its keys (Server-Server API, "Publishing Keys").</summary>
/// <param name="ValidUntilMs">As the server says it; readers must not believe more than a week.</param>
public sealed record ServerKeys(ServerName Server, IReadOnlyList<ServerKey> Keys, long ValidUntilMs)
{
    /// <summary>Keys that a server may have, old ones included.</summary>
    public const int KeysMax = 200;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Reads and verifies an answer: it must be of that server, and signed by one of the keys in use that it lists, and none of their signatures may be bad.</summary>
    /// <param name="fault">Why it is not to be believed.</param>
    public static ServerKeys? Read(ReadOnlyMemory<byte> json, ServerName expected, out string fault)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return Read(document.RootElement, json.Span, expected, out fault);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            fault = "not JSON";
            return null;
        }
    }

    /// <summary>Writes and signs a server's own answer.</summary>
    public static byte[] Write(ServerKeys keys, SigningKey signer)
    {
        var buffer = new ByteBuffer(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("old_verify_keys"u8);
            foreach (var key in keys.Keys.Where(key => key.ExpiredMs is not null))
            {
                writer.WriteStartObject(key.KeyId);
                writer.WriteNumber("expired_ts"u8, key.ExpiredMs!.Value);
                writer.WriteString("key"u8, UnpaddedBase64.Encode(key.PublicKey.Span));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteString("server_name"u8, keys.Server.Value);
            writer.WriteNumber("valid_until_ts"u8, keys.ValidUntilMs);
            writer.WriteStartObject("verify_keys"u8);
            foreach (var key in keys.Keys.Where(key => key.ExpiredMs is null))
            {
                writer.WriteStartObject(key.KeyId);
                writer.WriteString("key"u8, UnpaddedBase64.Encode(key.PublicKey.Span));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return SignedJson.Sign(buffer.WrittenSpan, keys.Server.Value, signer);
    }

    private static ServerKeys? Read(JsonElement root, ReadOnlySpan<byte> json, ServerName expected, out string fault)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("server_name"u8, out var name) || !IsText(name) || name.GetString() != expected.Value)
        {
            fault = "keys of another server";
            return null;
        }

        if (!root.TryGetProperty("valid_until_ts"u8, out var until) || until.ValueKind != JsonValueKind.Number || !until.TryGetInt64(out var validUntil) || validUntil < 0)
        {
            fault = "no valid_until_ts";
            return null;
        }

        var keys = new List<ServerKey>();
        var isSigned = false;
        foreach (var member in Members(root, "verify_keys"))
        {
            if (Key(member) is not { } raw)
            {
                continue;
            }

            keys.Add(new ServerKey(member.Name, raw, null));
            if (SignedJson.TrySignature(root, expected.Value, member.Name, out _))
            {
                if (VerifyKey.TryImport(raw) is not { } key || !SignedJson.Verify(json, expected, member.Name, key))
                {
                    fault = $"the signature of {member.Name} is bad";
                    return null;
                }

                isSigned = true;
            }
        }

        foreach (var member in Members(root, "old_verify_keys"))
        {
            if (Key(member) is { } raw && member.Value.TryGetProperty("expired_ts"u8, out var expired) && expired.ValueKind == JsonValueKind.Number
                && expired.TryGetInt64(out var at) && !keys.Exists(key => key.KeyId == member.Name))
            {
                keys.Add(new ServerKey(member.Name, raw, at));
            }
        }

        fault = isSigned ? keys.Count <= KeysMax ? "" : "too many keys" : "not signed by a key in use";
        return fault.Length == 0 ? new ServerKeys(expected, keys, validUntil) : null;
    }

    private static IEnumerable<JsonProperty> Members(JsonElement root, string name) =>
        root.TryGetProperty(name, out var map) && map.ValueKind == JsonValueKind.Object ? map.EnumerateObject().Take(KeysMax + 1) : [];

    private static byte[]? Key(JsonProperty member) =>
        IsKeyId(member.Name) && member.Value.ValueKind == JsonValueKind.Object && member.Value.TryGetProperty("key"u8, out var text) && IsText(text)
        && UnpaddedBase64.TryDecode(text.GetString(), out var raw) && VerifyKey.TryImport(raw) is not null
            ? raw
            : null;

    /// <summary>"The version must have characters matching the regular expression <c>[a-zA-Z0-9_]</c>."</summary>
    private static bool IsKeyId(string id) =>
        id.StartsWith("ed25519:", StringComparison.Ordinal) && id.Length is > 8 and <= 255 && id.AsSpan(8).IndexOfAnyExcept(KeyVersion) < 0;

    private static readonly System.Buffers.SearchValues<char> KeyVersion =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String;
}
