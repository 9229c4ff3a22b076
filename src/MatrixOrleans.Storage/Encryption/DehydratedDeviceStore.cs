using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Encryption;

/// <param name="DeviceData">The device's secrets, encrypted by the client; a JSON object.</param>
public sealed record DehydratedDeviceRow(UserId User, string DeviceId, ReadOnlyMemory<byte> DeviceData, long CreatedMs);

/// <summary>The dehydrated devices of users, at most one each (MSC3814).</summary>
public sealed class DehydratedDeviceStore
{
    private const string Row = "select device_id, device_data, created_ms from dehydrated_devices where user_id = @user";
    private readonly SqlSource _source;

    internal DehydratedDeviceStore(SqlSource source) => _source = source;

    public async Task<DehydratedDeviceRow?> Get(UserId user) =>
        await _source.First(Row, reader => new DehydratedDeviceRow(user, reader.String(0), reader.Bytes(1), reader.Number(2)), ("user", user.Value)).ConfigureAwait(false);

    /// <summary>The same inside a transaction of the caller's.</summary>
    public static async ValueTask<DehydratedDeviceRow?> Get(WriteSession session, UserId user) =>
        await session.First(Row, reader => new DehydratedDeviceRow(user, reader.String(0), reader.Bytes(1), reader.Number(2)), ("user", user.Value)).ConfigureAwait(false);

    /// <summary>Sets the user's dehydrated device, inside a transaction of the caller's, who has removed the one before.</summary>
    public static async ValueTask Set(WriteSession session, DehydratedDeviceRow device) =>
        await session.Execute(
            """
            insert into dehydrated_devices (user_id, device_id, device_data, created_ms) values (@user, @device, @data, @now)
            on conflict (user_id) do update set device_id = excluded.device_id, device_data = excluded.device_data, created_ms = excluded.created_ms
            """,
            ("user", device.User.Value),
            ("device", device.DeviceId),
            ("data", device.DeviceData),
            ("now", device.CreatedMs)).ConfigureAwait(false);

    /// <summary>Somebody logs in as this device: it is an ordinary one from now on. Inside a transaction of the caller's.</summary>
    public static async ValueTask Wake(WriteSession session, UserId user, string device) =>
        await session.Execute("delete from dehydrated_devices where user_id = @user and device_id = @device", ("user", user.Value), ("device", device)).ConfigureAwait(false);
}
