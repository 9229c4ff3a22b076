using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Accounts;

/// <summary>The identity keys of a device.</summary>
/// <param name="DisplayName">What its user calls the device.</param>
/// <param name="Json">As uploaded.</param>
public sealed record DeviceKeysRow(UserId User, string DeviceId, string? DisplayName, ReadOnlyMemory<byte> Json);

/// <summary>Identity keys of local devices.</summary>
public sealed class DeviceKeyStore
{
    private readonly SqlSource _source;

    internal DeviceKeyStore(SqlSource source) => _source = source;

    /// <summary>The keys of all devices of the users that have any.</summary>
    public async Task<IReadOnlyList<DeviceKeysRow>> OfUsers(IReadOnlyCollection<UserId> users) =>
        users.Count == 0
            ? []
            : await _source.Query(
                """
                select k.user_id, k.device_id, d.display_name, k.json from device_keys k
                join devices d on d.user_id = k.user_id and d.device_id = k.device_id
                where k.user_id {any users} order by k.user_id, k.device_id
                """,
                static reader => new DeviceKeysRow(UserId.Parse(reader.String(0)), reader.String(1), reader.StringOrNull(2), reader.Bytes(3)),
                ("users", users.Select(user => user.Value).ToArray())).ConfigureAwait(false);

    /// <summary>The keys of one device, inside a transaction of the caller's.</summary>
    public static async ValueTask<byte[]?> Get(WriteSession session, UserId user, string device) =>
        await session.First(
            "select json from device_keys where user_id = @user and device_id = @device",
            static reader => reader.Bytes(0),
            ("user", user.Value),
            ("device", device)).ConfigureAwait(false);

    /// <summary>Sets a device's keys, inside a transaction of the caller's.</summary>
    /// <returns>Whether they are other than before.</returns>
    public static async ValueTask<bool> Set(WriteSession session, UserId user, string device, ReadOnlyMemory<byte> json) =>
        await session.Execute(
            """
            insert into device_keys (user_id, device_id, json) values (@user, @device, @json)
            on conflict (user_id, device_id) do update set json = excluded.json where device_keys.json <> excluded.json
            """,
            ("user", user.Value),
            ("device", device),
            ("json", json)).ConfigureAwait(false) > 0;
}
