using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Storage;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Federation.Devices;

/// <summary>Whole device lists for other servers, with the number of the last update that they were told of.</summary>
[StatelessWorker, Reentrant]
public sealed class ServedDevicesGrain(Database database) : Grain, IServedDevicesGrain
{
    public async ValueTask<ReadOnlyMemory<byte>> Devices(UserId user, ServerName asker)
    {
        if (await database.Accounts.Get(user) is null)
        {
            throw new MatrixException(MatrixError.NotFound, "No such user");
        }

        // The number first: an update between the two is told again, which does no harm.
        var stream = (await database.Outgoing.Told(user)).StreamId;
        var list = DeviceListView.Read(user, await GrainFactory.GetGrain<IDeviceKeysGrain>($"@_:{asker}").Query(new Dictionary<UserId, IReadOnlyList<string>> { [user] = [] }));
        var buffer = new ByteBuffer(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("user_id"u8, user.Value);
            writer.WriteNumber("stream_id"u8, stream);
            writer.WriteStartArray("devices"u8);
            foreach (var device in list.Devices)
            {
                writer.WriteStartObject();
                writer.WriteString("device_id"u8, device.DeviceId);
                writer.WritePropertyName("keys"u8);
                writer.WriteRawValue(device.Keys!.Value.Span);
                if (device.DisplayName is not null)
                {
                    writer.WriteString("device_display_name"u8, device.DisplayName);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            foreach (var (name, key) in new[] { ("master_key", list.MasterKey), ("self_signing_key", list.SelfSigningKey) })
            {
                if (key is { } json)
                {
                    writer.WritePropertyName(name);
                    writer.WriteRawValue(json.Span);
                }
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
