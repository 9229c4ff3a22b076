using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;

namespace MatrixOrleans.Server.Tests.Encryption;

/// <summary>Identity keys of a device as a client makes them, signed by the device. The same name gives the same keys.</summary>
internal static class DeviceSigning
{
    public static JsonElement Identity(UserId user, string device, string name = "k1")
    {
        using var key = SigningKey.FromSeed($"ed25519:{device}", SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(name)));
        return JsonElement.Parse(SignedJson.Sign(
            JsonSerializer.SerializeToUtf8Bytes(new
            {
                user_id = user.Value,
                device_id = device,
                algorithms = new[] { "m.olm.v1.curve25519-aes-sha2" },
                keys = new Dictionary<string, string> { [$"curve25519:{device}"] = name, [$"ed25519:{device}"] = UnpaddedBase64.Encode(key.PublicKey) },
            }),
            user.Value,
            key));
    }
}
