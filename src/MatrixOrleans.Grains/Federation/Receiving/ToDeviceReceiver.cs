using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Federation.Receiving;

/// <summary>Messages to devices of the tenant's users (<c>m.direct_to_device</c>), each once by its sender and message id, for a day at least.</summary>
public sealed class ToDeviceReceiver(Database database, TimeProvider time)
{
    /// <summary>Messages that one EDU may become.</summary>
    private const int MessagesMax = 20_000;

    private const int MessageIdLengthMax = 128;
    private const int TypeBytesMax = 255;
    private const string EveryDevice = "*";

    private readonly UserLog _log = new(database);

    public async Task Receive(ServerName origin, ServerName tenant, JsonElement content)
    {
        var sender = EduReceiver.OwnUser(origin, EduReceiver.Text(content, "sender"));
        if (EduReceiver.Text(content, "type") is not { Length: > 0 } type || Encoding.UTF8.GetByteCount(type) > TypeBytesMax
            || EduReceiver.Text(content, "message_id") is not { Length: > 0 and <= MessageIdLengthMax } id
            || !content.TryGetProperty("messages"u8, out var messages) || messages.ValueKind != JsonValueKind.Object)
        {
            throw EduReceiver.Bad("m.direct_to_device needs type, message_id and messages");
        }

        var wanted = new List<(UserId User, string Device, byte[] Json)>();
        foreach (var user in messages.EnumerateObject().Where(user => user.Value.ValueKind == JsonValueKind.Object))
        {
            if (UserId.TryParse(user.Name, out var target) && target.ServerName == tenant)
            {
                wanted.AddRange(user.Value.EnumerateObject().Where(device => device.Value.ValueKind == JsonValueKind.Object)
                    .Take(MessagesMax - wanted.Count).Select(device => (target, device.Name, JsonMarshal.GetRawUtf8Value(device.Value).ToArray())));
            }
        }

        var devices = (await database.Devices.IdsOf([.. wanted.Select(message => message.User).Distinct()])).ToLookup(device => device.User, device => device.DeviceId);
        var entries = wanted
            .SelectMany(message => devices[message.User].Where(device => message.Device == device || message.Device == EveryDevice)
                .Select(device => (UserEntry)new ToDeviceSend(message.User.Value, device, sender.Value, type, message.Json, id)))
            .Take(MessagesMax).ToList();
        if (entries.Count > 0)
        {
            await _log.Write(entries, new TxnRecord($"{origin}|{tenant}|m.direct_to_device|{sender}|{id}", "", time.GetUtcNow().ToUnixTimeMilliseconds()));
        }
    }
}
