using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Federation.Devices;

/// <summary>Whether keys that another server gives are what they should be. That they are signed, clients check.</summary>
internal static class RemoteKeys
{
    /// <summary>Whether these are identity keys of that device of that user, be they signed or not.</summary>
    public static bool AreOf(UserId user, string deviceId, JsonElement keys) =>
        keys.ValueKind == JsonValueKind.Object
        && keys.TryGetProperty("user_id"u8, out var owner) && owner.ValueKind == JsonValueKind.String && owner.ValueEquals(user.Value)
        && keys.TryGetProperty("device_id"u8, out var device) && device.ValueKind == JsonValueKind.String && device.ValueEquals(deviceId)
        && keys.TryGetProperty("algorithms"u8, out var algorithms) && algorithms.ValueKind == JsonValueKind.Array
        && keys.TryGetProperty("keys"u8, out var map) && map.ValueKind == JsonValueKind.Object && map.EnumerateObject().All(key => key.Value.ValueKind == JsonValueKind.String)
        && (!keys.TryGetProperty("signatures"u8, out var signatures) || signatures.ValueKind == JsonValueKind.Object);

    /// <summary>A cross-signing key of that user; <c>null</c> when there is none.</summary>
    public static ReadOnlyMemory<byte>? SigningKey(UserId user, JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var key) && key.ValueKind == JsonValueKind.Object
        && key.TryGetProperty("user_id"u8, out var owner) && owner.ValueKind == JsonValueKind.String && owner.ValueEquals(user.Value)
        && key.TryGetProperty("keys"u8, out var map) && map.ValueKind == JsonValueKind.Object
        && key.TryGetProperty("usage"u8, out var usage) && usage.ValueKind == JsonValueKind.Array
            ? (ReadOnlyMemory<byte>?)JsonSerializer.SerializeToUtf8Bytes(key)
            : null;
}
