using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>A signature on a key object.</summary>
/// <param name="KeyId">The signing key identifier.</param>
public readonly record struct KeySignature(UserId Signer, string KeyId, string Signature);

/// <summary>The JSON objects in which keys of devices and users come.</summary>
public static class KeyObjects
{
    /// <summary>The object without one member.</summary>
    public static byte[] Without(JsonElement key, string name)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var member in key.EnumerateObject().Where(member => member.Name != name))
            {
                member.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The signatures that an object carries of one signer.</summary>
    public static IEnumerable<KeySignature> Signatures(JsonElement key, UserId signer)
    {
        if (key.TryGetProperty("signatures"u8, out var all) && all.ValueKind == JsonValueKind.Object
            && all.TryGetProperty(signer.Value, out var own) && own.ValueKind == JsonValueKind.Object)
        {
            foreach (var signature in own.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.String))
            {
                yield return new KeySignature(signer, signature.Name, signature.Value.GetString()!);
            }
        }
    }

    /// <summary>The Ed25519 key of a device, as its key object says it; <c>null</c> when there is none.</summary>
    public static VerifyKey? DeviceKey(JsonElement key, string deviceId) =>
        key.TryGetProperty("keys"u8, out var keys) && keys.ValueKind == JsonValueKind.Object
        && keys.TryGetProperty("ed25519:" + deviceId, out var text) && text.ValueKind == JsonValueKind.String
        && UnpaddedBase64.TryDecode(text.GetString(), out var bytes)
            ? VerifyKey.TryImport(bytes)
            : null;

    /// <summary>Writes the object with other signatures than it carries, and <c>unsigned</c> as <paramref name="unsigned"/> writes it, if at all.</summary>
    public static void Write(Utf8JsonWriter writer, JsonElement key, IEnumerable<KeySignature> signatures, Action<Utf8JsonWriter>? unsigned = null)
    {
        writer.WriteStartObject();
        foreach (var member in key.EnumerateObject().Where(member => member.Name is not ("signatures" or "unsigned")))
        {
            member.WriteTo(writer);
        }

        var signers = signatures.GroupBy(signature => signature.Signer).ToList();
        if (signers.Count > 0)
        {
            writer.WriteStartObject("signatures"u8);
            foreach (var signer in signers)
            {
                writer.WriteStartObject(signer.Key.Value);
                foreach (var signature in signer.DistinctBy(signature => signature.KeyId))
                {
                    writer.WriteString(signature.KeyId, signature.Signature);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        if (unsigned is not null)
        {
            writer.WritePropertyName("unsigned"u8);
            unsigned(writer);
        }

        writer.WriteEndObject();
    }
}
