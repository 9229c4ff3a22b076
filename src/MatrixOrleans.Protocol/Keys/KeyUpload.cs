using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Keys;

/// <summary>A one-time or fallback key as a device uploaded it.</summary>
/// <param name="KeyId">What follows the algorithm and a colon.</param>
/// <param name="Json">The key object or the key's text, as JSON.</param>
public sealed record UploadedKey(string Algorithm, string KeyId, ReadOnlyMemory<byte> Json)
{
    /// <summary><c>algorithm:id</c>.</summary>
    public string Name => $"{Algorithm}:{KeyId}";

    /// <summary>Whether the other JSON says the same, however it is spelled.</summary>
    public bool IsSame(ReadOnlySpan<byte> other) =>
        JsonElement.DeepEquals(JsonElement.Parse(Json.Span), JsonElement.Parse(other));
}

/// <summary>The body of <c>POST /keys/upload</c>, checked as a whole: nothing of a malformed one is kept.</summary>
/// <param name="DeviceKeys">The device's identity keys, as JSON without <c>unsigned</c>; <c>null</c> when they stay as they are.</param>
public sealed record KeyUpload(ReadOnlyMemory<byte>? DeviceKeys, IReadOnlyList<UploadedKey> OneTimeKeys, IReadOnlyList<UploadedKey> FallbackKeys)
{
    /// <summary>Most one-time keys of one upload.</summary>
    public const int OneTimeKeysMax = 1000;

    private const int DeviceKeysBytesMax = 32 * 1024;
    private const int NameBytesMax = 255;

    /// <param name="mustBeSigned">Identity keys must carry a good signature by the device's own Ed25519 key.</param>
    /// <exception cref="MatrixException">M_BAD_JSON, M_INVALID_PARAM for keys of another user or device, M_INVALID_SIGNATURE.</exception>
    public static KeyUpload Read(JsonElement body, UserId user, string device, bool mustBeSigned)
    {
        var deviceKeys = JsonMembers.Object(body, "device_keys");
        if (deviceKeys is { } keys)
        {
            CheckDeviceKeys(keys, user, device);
            if (mustBeSigned && !IsSigned(keys, user, device))
            {
                throw new MatrixException(MatrixError.InvalidSignature, "device_keys are not signed by the device");
            }
        }

        var oneTime = Keys(body, "one_time_keys");
        var fallback = Keys(body, "fallback_keys");
        return fallback.DistinctBy(key => key.Algorithm).Count() == fallback.Count
            ? new KeyUpload(deviceKeys is { } identity ? (ReadOnlyMemory<byte>?)KeyObjects.Without(identity, "unsigned") : null, oneTime, fallback)
            : throw Bad("There can be one fallback key for each algorithm");
    }

    private static bool IsSigned(JsonElement keys, UserId user, string device) =>
        KeyObjects.DeviceKey(keys, device) is { } key && SignedJson.Verify(JsonMarshal.GetRawUtf8Value(keys), user.Value, "ed25519:" + device, key);

    private static void CheckDeviceKeys(JsonElement keys, UserId user, string device)
    {
        if (JsonMarshal.GetRawUtf8Value(keys).Length > DeviceKeysBytesMax || !SignedJson.CanSign(JsonMarshal.GetRawUtf8Value(keys)))
        {
            throw Bad($"device_keys must be canonical JSON of {DeviceKeysBytesMax} bytes at most");
        }

        if (JsonMembers.Text(keys, "user_id") != user.Value)
        {
            throw new MatrixException(MatrixError.InvalidParam, "device_keys are of another user");
        }

        if (JsonMembers.Text(keys, "device_id") != device)
        {
            throw new MatrixException(MatrixError.InvalidParam, "device_keys are of another device");
        }

        var algorithms = JsonMembers.Array(keys, "algorithms", 100) ?? throw Bad("algorithms is missing");
        if (algorithms.EnumerateArray().Any(algorithm => algorithm.ValueKind != JsonValueKind.String))
        {
            throw Bad("algorithms must be texts");
        }

        CheckTexts(JsonMembers.Object(keys, "keys") ?? throw Bad("keys is missing"), "keys");
        foreach (var signer in (JsonMembers.Object(keys, "signatures") ?? throw Bad("signatures is missing")).EnumerateObject())
        {
            if (signer.Value.ValueKind != JsonValueKind.Object)
            {
                throw Bad("signatures must map users to objects");
            }

            CheckTexts(signer.Value, "signatures");
        }
    }

    private static void CheckTexts(JsonElement map, string name)
    {
        if (map.EnumerateObject().Any(member => member.Value.ValueKind != JsonValueKind.String || !member.Name.Contains(':', StringComparison.Ordinal)))
        {
            throw Bad($"{name} must map algorithm:id to texts");
        }
    }

    private static List<UploadedKey> Keys(JsonElement body, string name)
    {
        var keys = new List<UploadedKey>();
        foreach (var member in JsonMembers.Object(body, name)?.EnumerateObject() ?? [])
        {
            var colon = member.Name.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || colon == member.Name.Length - 1 || Encoding.UTF8.GetByteCount(member.Name) > NameBytesMax)
            {
                throw Bad($"{name} must be named algorithm:id, in {NameBytesMax} bytes");
            }

            var isKey = member.Value.ValueKind == JsonValueKind.Object
                ? member.Value.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String
                : member.Value.ValueKind == JsonValueKind.String && !member.Name.StartsWith("signed_", StringComparison.Ordinal);
            if (!isKey)
            {
                throw Bad($"{member.Name} is no key");
            }

            keys.Add(new UploadedKey(member.Name[..colon], member.Name[(colon + 1)..], JsonMarshal.GetRawUtf8Value(member.Value).ToArray()));
        }

        return keys.Count <= OneTimeKeysMax ? keys : throw Bad($"{name} may have {OneTimeKeysMax} keys at most");
    }

    private static MatrixException Bad(string text) => new(MatrixError.BadJson, text);
}
