using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Encryption;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Push;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Accounts;

public sealed record DeviceRow(
    UserId UserId,
    string DeviceId,
    string? DisplayName,
    long CreatedMs,
    long? LastSeenMs = null,
    string? LastSeenIp = null,
    string? LastSeenAgent = null);

/// <summary>Devices of local users. What belongs to a device dies with it: tokens, keys, waiting messages, pushers, transaction ids.</summary>
public sealed class DeviceStore
{
    private const string Row = "select user_id, device_id, display_name, created_ms, last_seen_ms, last_seen_ip, last_seen_agent from devices ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal DeviceStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<DeviceRow?> Get(UserId user, string device) =>
        await _source.First(Row + "where user_id = @user and device_id = @device", Map, ("user", user.Value), ("device", device)).ConfigureAwait(false);

    public async Task<IReadOnlyList<DeviceRow>> OfUser(UserId user) =>
        await _source.Query(Row + "where user_id = @user order by device_id", Map, ("user", user.Value)).ConfigureAwait(false);

    /// <summary>The devices of several users, by their ids.</summary>
    public async Task<IReadOnlyList<(UserId User, string DeviceId)>> IdsOf(IReadOnlyCollection<UserId> users) =>
        users.Count == 0
            ? []
            : await _source.Query(
                "select user_id, device_id from devices where user_id {any users} order by user_id, device_id",
                static reader => (UserId.Parse(reader.String(0)), reader.String(1)),
                ("users", users.Select(user => user.Value).ToArray())).ConfigureAwait(false);

    /// <summary>Makes a device; one that exists keeps its name, and was seen now.</summary>
    /// <returns>True when it is new.</returns>
    public Task<bool> Put(DeviceRow device) => _writer.Execute((session, _) => Put(session, device));

    /// <summary>The same inside a transaction of the caller's.</summary>
    public static async ValueTask<bool> Put(WriteSession session, DeviceRow device)
    {
        var isNew = await session.Execute(
            """
            insert into devices (user_id, device_id, display_name, created_ms, last_seen_ms, last_seen_ip, last_seen_agent)
            values (@user, @device, @name, @created, @seen, @ip, @agent) on conflict do nothing
            """,
            ("user", device.UserId.Value),
            ("device", device.DeviceId),
            ("name", device.DisplayName),
            ("created", device.CreatedMs),
            ("seen", device.LastSeenMs),
            ("ip", device.LastSeenIp),
            ("agent", device.LastSeenAgent)).ConfigureAwait(false) > 0;
        if (isNew)
        {
            // A message may have been on its way when an earlier device of this id was removed.
            await session.Execute(
                "delete from to_device where user_id = @user and device_id = @device",
                ("user", device.UserId.Value),
                ("device", device.DeviceId)).ConfigureAwait(false);
        }
        else if (device.LastSeenMs is not null)
        {
            await session.Execute(
                "update devices set last_seen_ms = @seen, last_seen_ip = @ip, last_seen_agent = @agent where user_id = @user and device_id = @device",
                ("seen", device.LastSeenMs),
                ("ip", device.LastSeenIp),
                ("agent", device.LastSeenAgent),
                ("user", device.UserId.Value),
                ("device", device.DeviceId)).ConfigureAwait(false);
        }

        return isNew;
    }

    /// <summary>Whether there is such a device, inside a transaction of the caller's.</summary>
    public static async ValueTask<bool> Exists(WriteSession session, UserId user, string device) =>
        await session.Number("select 1 from devices where user_id = @user and device_id = @device", ("user", user.Value), ("device", device)).ConfigureAwait(false) is not null;

    /// <summary>Names a device anew; others see the name with the device's keys, so the log is owed a row.</summary>
    /// <returns>False when there is no such device.</returns>
    public Task<bool> Rename(UserId user, string device, string? name) =>
        _writer.Execute(async (session, _) =>
        {
            var exists = await session.Execute(
                "update devices set display_name = @name where user_id = @user and device_id = @device",
                ("name", name),
                ("user", user.Value),
                ("device", device)).ConfigureAwait(false) > 0;
            if (exists)
            {
                await LogDebtStore.Add(session, user, LogDebtKind.DeviceList).ConfigureAwait(false);
            }

            return exists;
        });

    /// <summary>Notes when and whence devices were last seen. Callers gather these for a while: they need not be exact.</summary>
    public Task Seen(IReadOnlyCollection<DeviceRow> devices) =>
        _writer.Execute(async (session, _) =>
        {
            foreach (var device in devices)
            {
                await session.Execute(
                    "update devices set last_seen_ms = @seen, last_seen_ip = @ip, last_seen_agent = @agent where user_id = @user and device_id = @device",
                    ("seen", device.LastSeenMs),
                    ("ip", device.LastSeenIp),
                    ("agent", device.LastSeenAgent),
                    ("user", device.UserId.Value),
                    ("device", device.DeviceId)).ConfigureAwait(false);
            }

            return 0;
        });

    /// <summary>Removes devices with all that belongs to them.</summary>
    /// <returns>The ids that existed.</returns>
    public Task<IReadOnlyList<string>> Remove(UserId user, IReadOnlyCollection<string> devices) =>
        _writer.Execute<IReadOnlyList<string>>(async (session, _) => await Remove(session, user, devices).ConfigureAwait(false));

    /// <summary>Removes all devices of a user, or all but one.</summary>
    /// <returns>The ids that existed.</returns>
    public Task<IReadOnlyList<string>> RemoveAll(UserId user, string? except = null) =>
        _writer.Execute<IReadOnlyList<string>>(async (session, _) => await RemoveAll(session, user, except).ConfigureAwait(false));

    /// <summary>The same inside a transaction of the caller's.</summary>
    public static async ValueTask<IReadOnlyList<string>> RemoveAll(WriteSession session, UserId user, string? except)
    {
        await AccountStore.Lock(session, user).ConfigureAwait(false);
        var devices = await session.Query("select device_id from devices where user_id = @user", static reader => reader.String(0), ("user", user.Value)).ConfigureAwait(false);
        devices.RemoveAll(device => device == except);

        // Sessions without a device.
        await session.Execute("delete from tokens where user_id = @user and device_id = ''", ("user", user.Value)).ConfigureAwait(false);
        await PusherStore.RemoveOfDevices(session, user, [""]).ConfigureAwait(false);
        return await Remove(session, user, devices).ConfigureAwait(false);
    }

    /// <summary>Removes devices inside a transaction of the caller's, and owes the log a row about it.</summary>
    public static async ValueTask<IReadOnlyList<string>> Remove(WriteSession session, UserId user, IReadOnlyCollection<string> devices)
    {
        if (devices.Count == 0)
        {
            return [];
        }

        await AccountStore.Lock(session, user).ConfigureAwait(false);
        var ids = devices.ToArray();
        await session.Execute("delete from tokens where user_id = @user and device_id {any ids}", ("user", user.Value), ("ids", ids)).ConfigureAwait(false);
        await session.Execute("delete from to_device where user_id = @user and device_id {any ids}", ("user", user.Value), ("ids", ids)).ConfigureAwait(false);
        await session.Execute("delete from one_time_keys where user_id = @user and device_id {any ids}", ("user", user.Value), ("ids", ids)).ConfigureAwait(false);
        await session.Execute("delete from fallback_keys where user_id = @user and device_id {any ids}", ("user", user.Value), ("ids", ids)).ConfigureAwait(false);
        await session.Execute("delete from device_keys where user_id = @user and device_id {any ids}", ("user", user.Value), ("ids", ids)).ConfigureAwait(false);
        await session.Execute("delete from dehydrated_devices where user_id = @user and device_id {any ids}", ("user", user.Value), ("ids", ids)).ConfigureAwait(false);
        await CrossSigningStore.Unsign(session, user, devices).ConfigureAwait(false);
        await PusherStore.RemoveOfDevices(session, user, ids).ConfigureAwait(false);
        foreach (var device in ids)
        {
            // Keys of transactions begin with user|device|.
            var prefix = $"{user.Value}|{device}|";
            await session.Execute("delete from txns where key >= @from and key < @to", ("from", prefix), ("to", prefix[..^1] + "}")).ConfigureAwait(false);
        }

        var removed = await session.Query(
            "delete from devices where user_id = @user and device_id {any ids} returning device_id",
            static reader => reader.String(0),
            ("user", user.Value),
            ("ids", ids)).ConfigureAwait(false);
        if (removed.Count > 0)
        {
            await LogDebtStore.Add(session, user, LogDebtKind.DeviceList).ConfigureAwait(false);
        }

        return removed;
    }

    private static DeviceRow Map(DbDataReader reader) => new(
        UserId.Parse(reader.String(0)),
        reader.String(1),
        reader.StringOrNull(2),
        reader.Number(3),
        reader.NumberOrNull(4),
        reader.StringOrNull(5),
        reader.StringOrNull(6));
}
