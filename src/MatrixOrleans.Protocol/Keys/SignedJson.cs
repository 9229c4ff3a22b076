using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>Signatures on JSON objects that are no events: keys, requests, third-party invites (Appendices, "Signing JSON").</summary>
public static class SignedJson
{
    private static readonly byte[][] Unsigned = ["signatures"u8.ToArray(), "unsigned"u8.ToArray()];

    /// <summary>What is signed: the object without <c>signatures</c> and <c>unsigned</c>, canonical.</summary>
    /// <exception cref="FormatException">The text is no canonical JSON object.</exception>
    public static byte[] SigningBytes(ReadOnlySpan<byte> json) => TrySigningBytes(json, out var bytes, out var fault) ? bytes : throw new FormatException(fault);

    /// <summary>Whether the text is a JSON object that can be signed.</summary>
    public static bool CanSign(ReadOnlySpan<byte> json) => TrySigningBytes(json, out _, out _);

    /// <summary>The object with a signature of ours beside those that it has; canonical but for <c>signatures</c> and <c>unsigned</c> at its end.</summary>
    /// <param name="signer">The server's name, or the user's id for what a user signs.</param>
    /// <exception cref="FormatException">The text is no canonical JSON object.</exception>
    public static byte[] Sign(ReadOnlySpan<byte> json, string signer, SigningKey key)
    {
        var signed = SigningBytes(json);
        var signature = UnpaddedBase64.Encode(key.Sign(signed));
        var root = JsonElement.Parse(json);
        var output = new ByteBuffer(signed.Length + 256);
        output.Write(signed.AsSpan(..^1));
        output.Write(signed.Length > 2 ? ",\"signatures\":"u8 : "\"signatures\":"u8);
        using (var writer = new Utf8JsonWriter(output))
        {
            WriteSignatures(root, signer, key.Id, signature, writer);
        }

        if (root.TryGetProperty("unsigned"u8, out var unsigned))
        {
            output.Write(",\"unsigned\":"u8);
            output.Write(JsonMarshal.GetRawUtf8Value(unsigned));
        }

        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Whether the object carries a good signature of that signer made with that key.</summary>
    /// <param name="keyId">The signing key identifier, <c>ed25519:version</c>.</param>
    public static bool Verify(ReadOnlySpan<byte> json, string signer, string keyId, VerifyKey key)
    {
        if (!TrySigningBytes(json, out var bytes, out _))
        {
            return false;
        }

        return TrySignature(JsonElement.Parse(json), signer, keyId, out var signature) && key.Verify(bytes, signature);
    }

    /// <summary>Whether the object carries a good signature of that server made with that key.</summary>
    public static bool Verify(ReadOnlySpan<byte> json, ServerName server, string keyId, VerifyKey key) => Verify(json, server.Value, keyId, key);

    /// <summary>The ids of the Ed25519 keys with which the signer signed the object, as it says.</summary>
    public static IEnumerable<string> KeyIds(JsonElement root, string signer) =>
        Of(root, signer) is { } signatures
            ? signatures.EnumerateObject()
                .Where(m => JsonMarshal.GetRawUtf8PropertyName(m) is var name && name.StartsWith("ed25519:"u8) && !name.Contains((byte)'\\'))
                .Select(m => m.Name)
            : [];

    /// <summary>The signature of that signer with that key, as bytes; whether it is good is another question.</summary>
    public static bool TrySignature(JsonElement root, string signer, string keyId, out byte[] signature)
    {
        signature = [];
        if (Of(root, signer) is not { } signatures || !signatures.TryGetProperty(keyId, out var text) || text.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        try
        {
            return UnpaddedBase64.TryDecode(text.GetString(), out signature);
        }
        catch (InvalidOperationException)
        {
            // An escape that stands for half a surrogate pair.
            return false;
        }
    }

    private static bool TrySigningBytes(ReadOnlySpan<byte> json, out byte[] bytes, out string fault)
    {
        // What is not signed must be sound JSON too: it is read and copied.
        if (!CanonicalJson.TryEncode(json, CanonicalRules.Lenient, [], out bytes, out fault)
            || !CanonicalJson.TryEncode(json, CanonicalRules.Strict, Unsigned, out bytes, out fault))
        {
            return false;
        }

        fault = "not an object";
        return bytes is [(byte)'{', ..];
    }

    private static JsonElement? Of(JsonElement root, string signer) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("signatures"u8, out var all) && all.ValueKind == JsonValueKind.Object
        && all.TryGetProperty(signer, out var signatures) && signatures.ValueKind == JsonValueKind.Object
            ? signatures
            : null;

    /// <summary>All signatures that the object has, with one more; another by the same key is replaced.</summary>
    internal static void WriteSignatures(JsonElement root, string signer, string keyId, string signature, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (root.TryGetProperty("signatures"u8, out var all) && all.ValueKind == JsonValueKind.Object)
        {
            foreach (var other in all.EnumerateObject().Where(m => m.Name != signer))
            {
                other.WriteTo(writer);
            }
        }

        writer.WriteStartObject(signer);
        if (Of(root, signer) is { } own)
        {
            foreach (var other in own.EnumerateObject().Where(m => m.Name != keyId))
            {
                other.WriteTo(writer);
            }
        }

        writer.WriteString(keyId, signature);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
