using System.Text.Json;
using MatrixOrleans.Grains.Federation.Devices;
using MatrixOrleans.Grains.Users;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Federation;

namespace MatrixOrleans.Grains.Federation.Receiving;

/// <summary>
/// Changes of devices of users who share a room with ours (Server-Server API, "Device Management"). An update that follows the one before is applied to the list that is
/// kept; one that does not makes the list stale, and it is fetched whole when somebody asks for it. Syncs hear of both.
/// </summary>
public sealed class DeviceListReceiver(Database database)
{
    private const int PreviousMax = 100;

    private readonly UserLog _log = new(database);

    public async Task Update(ServerName origin, JsonElement content)
    {
        var user = EduReceiver.OwnUser(origin, EduReceiver.Text(content, "user_id"));
        if (EduReceiver.Text(content, "device_id") is not { Length: > 0 } deviceId || !content.TryGetProperty("stream_id"u8, out var number)
            || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var streamId))
        {
            throw EduReceiver.Bad("m.device_list_update needs device_id and stream_id");
        }

        if (!await database.RemoteDevices.SharesRoom(user))
        {
            return;
        }

        if (await database.RemoteDevices.List(user) is { } list)
        {
            if (streamId <= list.StreamId && !list.IsStale)
            {
                // Sent again, or overtaken by a list that was fetched meanwhile.
                return;
            }

            var previous = Previous(content).ToList();
            var follows = previous.Contains(list.StreamId) || (previous.Count == 0 && list.StreamId == 0);
            if (list.IsStale || !follows)
            {
                await database.RemoteDevices.MarkStale(user);
            }
            else
            {
                await database.RemoteDevices.Update(user, streamId, deviceId, Device(user, deviceId, content));
            }
        }

        await Changed(user);
    }

    public async Task SigningKeys(ServerName origin, JsonElement content)
    {
        var user = EduReceiver.OwnUser(origin, EduReceiver.Text(content, "user_id"));
        if (await database.RemoteDevices.SharesRoom(user))
        {
            await database.RemoteDevices.SetSigningKeys(user, RemoteKeys.SigningKey(user, content, "master_key"), RemoteKeys.SigningKey(user, content, "self_signing_key"));
            await Changed(user);
        }
    }

    private static IEnumerable<long> Previous(JsonElement content) =>
        content.TryGetProperty("prev_id"u8, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Take(PreviousMax).Where(id => id.ValueKind == JsonValueKind.Number).Select(id => id.TryGetInt64(out var value) ? value : -1)
            : [];

    private static RemoteDevice? Device(UserId user, string deviceId, JsonElement content)
    {
        if (content.TryGetProperty("deleted"u8, out var deleted) && deleted.ValueKind == JsonValueKind.True)
        {
            return null;
        }

        return new RemoteDevice(
            deviceId,
            EduReceiver.Text(content, "device_display_name"),
            content.TryGetProperty("keys"u8, out var keys) && RemoteKeys.AreOf(user, deviceId, keys) ? (ReadOnlyMemory<byte>?)DeviceListView.WithoutUnsigned(keys) : null);
    }

    private async Task Changed(UserId user) => await _log.Write([await DeviceListRows.For(database, user)]);
}
