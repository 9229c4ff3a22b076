using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using MatrixOrleans.Contracts.Accounts;
using MatrixOrleans.Contracts.Users;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Accounts;
using MatrixOrleans.Storage.Encryption;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Keys;

/// <summary>The dehydrated device of a user (MSC3814): a device with keys and waiting messages, and no session. Each change is one transaction, so calls may interleave.</summary>
[Reentrant, CollectionAgeLimit(Minutes = 2)]
public sealed class DehydratedDeviceGrain(Database database, TimeProvider time, LogDebts debts, EncryptionOptions options) : Grain, IDehydratedDeviceGrain
{
    private const int DataBytesMax = 64 * 1024;
    private const int EventsMax = 100;

    private UserId User => UserId.Parse(this.GetPrimaryKeyString());

    public async ValueTask<string> Put(ReadOnlyMemory<byte> body)
    {
        var root = JsonElement.Parse(body.Span);
        var id = JsonMembers.Text(root, "device_id") ?? throw Missing("device_id");
        if (id.Length is 0 or > SessionRequest.DeviceIdCharsMax)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"device_id must have 1 to {SessionRequest.DeviceIdCharsMax} characters");
        }

        var name = JsonMembers.Text(root, "initial_device_display_name");
        if (name?.Length > SessionRequest.DisplayNameCharsMax)
        {
            throw new MatrixException(MatrixError.InvalidParam, $"The display name of a device has at most {SessionRequest.DisplayNameCharsMax} characters");
        }

        var data = JsonMembers.Object(root, "device_data") ?? throw Missing("device_data");
        if (JsonMembers.Text(data, "algorithm") is null || JsonMarshal.GetRawUtf8Value(data).Length > DataBytesMax)
        {
            throw new MatrixException(MatrixError.BadJson, $"device_data must name its algorithm and have {DataBytesMax} bytes at most");
        }

        var keys = KeyUpload.Read(root, User, id, options.DeviceKeysSigned);
        if (keys.DeviceKeys is null)
        {
            throw Missing("device_keys");
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var device = new DehydratedDeviceRow(User, id, JsonMarshal.GetRawUtf8Value(data).ToArray(), now);
        await database.Writer.Execute(async (session, _) =>
        {
            await AccountStore.Lock(session, User);
            if (await DehydratedDeviceStore.Get(session, User) is { } before)
            {
                await DeviceStore.Remove(session, User, [before.DeviceId]);
            }

            if (await DeviceStore.Exists(session, User, id) || await CrossSigningStore.HasKey(session, User, id))
            {
                throw new MatrixException(MatrixError.InvalidParam, "This is the id of another device or key");
            }

            await DeviceStore.Put(session, new DeviceRow(User, id, name, now));
            await DehydratedDeviceStore.Set(session, device);
            await KeyUploads.Write(session, User, id, keys, now);
            return 0;
        });
        await debts.Settle(User);
        return id;
    }

    public async ValueTask<ReadOnlyMemory<byte>> Get()
    {
        var device = await database.DehydratedDevices.Get(User) ?? throw NotFound();
        return Write(writer =>
        {
            writer.WriteString("device_id"u8, device.DeviceId);
            writer.WritePropertyName("device_data"u8);
            writer.WriteRawValue(device.DeviceData.Span, skipInputValidation: true);
        });
    }

    public async ValueTask<string> Delete()
    {
        var id = await database.Writer.Execute(async (session, _) =>
        {
            await AccountStore.Lock(session, User);
            var device = await DehydratedDeviceStore.Get(session, User) ?? throw NotFound();
            await DeviceStore.Remove(session, User, [device.DeviceId]);
            return device.DeviceId;
        });
        await debts.Settle(User);
        return id;
    }

    public async ValueTask<ReadOnlyMemory<byte>> Events(string deviceId, string? from, int limit)
    {
        if (await database.DehydratedDevices.Get(User) is not { } device || device.DeviceId != deviceId)
        {
            throw NotFound();
        }

        var after = 0L;
        if (from is not null && !long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            throw new MatrixException(MatrixError.InvalidParam, "This is no token of this server");
        }

        var messages = await database.ToDevice.Read(User, deviceId, after, long.MaxValue, Math.Clamp(limit, 1, EventsMax));
        return Write(writer =>
        {
            writer.WriteStartArray("events"u8);
            foreach (var message in messages)
            {
                writer.WriteStartObject();
                writer.WriteString("type"u8, message.Type);
                writer.WriteString("sender"u8, message.Sender);
                writer.WritePropertyName("content"u8);
                writer.WriteRawValue(message.Json.Span, skipInputValidation: true);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteString("next_batch"u8, (messages.Count > 0 ? messages[^1].Position : after).ToString(CultureInfo.InvariantCulture));
        });
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ByteBuffer(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static MatrixException Missing(string name) => new(MatrixError.MissingParam, $"{name} is missing");

    private static MatrixException NotFound() => new(MatrixError.NotFound, "There is no such dehydrated device");
}
