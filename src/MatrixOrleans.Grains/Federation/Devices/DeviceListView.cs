using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Federation;

namespace MatrixOrleans.Grains.Federation.Devices;

/// <summary>Devices and keys of a user as an answer to a key query has them.</summary>
internal sealed record DeviceListView(IReadOnlyList<RemoteDevice> Devices, ReadOnlyMemory<byte>? MasterKey, ReadOnlyMemory<byte>? SelfSigningKey)
{
    /// <summary>Stands for the cross-signing keys where devices are noted; no device id is empty.</summary>
    public const string SigningKeys = "";

    /// <summary>Nobody in particular: sees what everybody may.</summary>
    public static UserId Asker(UserId user) => UserId.Parse($"@_:{user.ServerName}");

    /// <param name="answer">Of <c>/keys/query</c>.</param>
    public static DeviceListView Read(UserId user, ReadOnlyMemory<byte> answer)
    {
        var root = JsonElement.Parse(answer.Span);
        var devices = new List<RemoteDevice>();
        if (Of(root, "device_keys", user) is { } list)
        {
            foreach (var device in list.EnumerateObject().Where(device => device.Value.ValueKind == JsonValueKind.Object))
            {
                devices.Add(new RemoteDevice(device.Name, DisplayName(device.Value), WithoutUnsigned(device.Value)));
            }
        }

        return new DeviceListView(devices, Key("master_keys"), Key("self_signing_keys"));

        ReadOnlyMemory<byte>? Key(string name) => Of(root, name, user) is { } key ? (ReadOnlyMemory<byte>?)JsonSerializer.SerializeToUtf8Bytes(key) : null;
    }

    public static byte[] WithoutUnsigned(JsonElement keys) =>
        JsonSerializer.SerializeToUtf8Bytes(keys.EnumerateObject().Where(member => member.Name != "unsigned").ToDictionary(member => member.Name, member => member.Value));

    private static JsonElement? Of(JsonElement root, string name, UserId user) =>
        root.TryGetProperty(name, out var users) && users.ValueKind == JsonValueKind.Object && users.TryGetProperty(user.Value, out var entry) && entry.ValueKind == JsonValueKind.Object ? entry : null;

    private static string? DisplayName(JsonElement keys) =>
        keys.TryGetProperty("unsigned"u8, out var more) && more.ValueKind == JsonValueKind.Object
        && more.TryGetProperty("device_display_name"u8, out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
}
