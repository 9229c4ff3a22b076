using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Grains.Federation.Receiving;

/// <summary>
/// Takes one ephemeral message of another server. Whoever it speaks of must be a user of that server; rooms must let the server in. Each is idempotent by its content.
/// </summary>
public sealed class EduReceiver(TypingReceiver typing, ReceiptReceiver receipts, ToDeviceReceiver toDevice, DeviceListReceiver devices, PresenceReceiver presence)
{
    /// <exception cref="MatrixException">It is not as it should be; it is dropped.</exception>
    public Task Receive(ServerName origin, ServerName tenant, JsonElement edu)
    {
        if (!edu.TryGetProperty("edu_type"u8, out var type) || type.ValueKind != JsonValueKind.String
            || !edu.TryGetProperty("content"u8, out var content) || content.ValueKind != JsonValueKind.Object)
        {
            throw Bad("a message needs edu_type and content");
        }

        return type.GetString() switch
        {
            "m.typing" => typing.Receive(origin, tenant, content),
            "m.presence" => presence.Receive(origin, content),
            "m.receipt" => receipts.Receive(origin, tenant, content),
            "m.direct_to_device" => toDevice.Receive(origin, tenant, content),
            "m.device_list_update" => devices.Update(origin, content),
            "m.signing_key_update" => devices.SigningKeys(origin, content),

            // Types that are not known are nobody's fault.
            _ => Task.CompletedTask,
        };
    }

    /// <summary>A user of the server that sent the message.</summary>
    internal static UserId OwnUser(ServerName origin, string? text) =>
        UserId.TryParse(text, out var user) && user.ServerName == origin ? user : throw Bad("the user is not one of the server that sent it");

    internal static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    internal static MatrixException Bad(string text) => new(MatrixError.BadJson, text);
}
