using System.Text.Json;
using System.Text.Json.Nodes;
using NSec.Cryptography;

namespace MatrixOrleans.Conformance.Client;

/// <summary>An Ed25519 key pair that signs JSON as clients do. The objects of these tests are plain enough that sorted members are canonical JSON.</summary>
public sealed class KeyPair
{
    private readonly Key _key = new(SignatureAlgorithm.Ed25519);

    /// <summary>The public key, unpadded base64.</summary>
    public string PublicKey => Convert.ToBase64String(_key.PublicKey.Export(KeyBlobFormat.RawPublicKey)).TrimEnd('=');

    /// <summary>How a cross-signing key is named.</summary>
    public string KeyId => "ed25519:" + PublicKey;

    /// <summary>The object with a signature more.</summary>
    public JsonObject Sign(JsonObject value, string user, string keyId)
    {
        JsonObject signed = value.DeepClone().AsObject();
        JsonObject bare = value.DeepClone().AsObject();
        bare.Remove("signatures");
        bare.Remove("unsigned");
        string signature = Convert.ToBase64String(SignatureAlgorithm.Ed25519.Sign(_key, JsonSerializer.SerializeToUtf8Bytes(Sorted(bare), Plain))).TrimEnd('=');
        JsonObject signatures = signed["signatures"]?.AsObject() ?? [];
        JsonObject own = signatures[user]?.AsObject() ?? [];
        own[keyId] = signature;
        signatures[user] = own.DeepClone();
        signed["signatures"] = signatures.DeepClone();
        return signed;
    }

    /// <summary>The object of a cross-signing key, unsigned.</summary>
    public JsonObject CrossSigning(string user, string usage) => new()
    {
        ["user_id"] = user,
        ["usage"] = new JsonArray(usage),
        ["keys"] = new JsonObject { [KeyId] = PublicKey },
    };

    /// <summary>The identity keys of the client's device, signed by this key.</summary>
    public JsonObject Device(TestClient client) => Device(client.UserId, client.DeviceId);

    /// <summary>The identity keys of a device, signed by this key.</summary>
    public JsonObject Device(string user, string device) => Sign(
        new JsonObject
        {
            ["user_id"] = user,
            ["device_id"] = device,
            ["algorithms"] = new JsonArray("m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"),
            ["keys"] = new JsonObject { [$"curve25519:{device}"] = "identity", [$"ed25519:{device}"] = PublicKey },
        },
        user,
        $"ed25519:{device}");

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Sorted(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
