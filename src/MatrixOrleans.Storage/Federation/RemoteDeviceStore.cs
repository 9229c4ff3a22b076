using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Federation;

/// <summary>What is known of the devices of a user of another server.</summary>
/// <param name="IsStale">An update was missed: the list must be fetched again.</param>
public sealed record RemoteDeviceList(UserId User, long StreamId, bool IsStale, ReadOnlyMemory<byte>? MasterKey, ReadOnlyMemory<byte>? SelfSigningKey);

/// <summary>A device of a user of another server.</summary>
/// <param name="Keys">Its identity keys as they were signed; <c>null</c> for a device without.</param>
public sealed record RemoteDevice(string DeviceId, string? DisplayName, ReadOnlyMemory<byte>? Keys);

/// <summary>Device lists of other servers' users, kept while a room is shared with them.</summary>
public sealed class RemoteDeviceStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal RemoteDeviceStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<RemoteDeviceList?> List(UserId user) =>
        await _source.First(
            "select user_id, stream_id, stale, master_key, self_signing_key from remote_device_lists where user_id = @user",
            static reader => new RemoteDeviceList(
                UserId.Parse(reader.String(0)),
                reader.Number(1),
                reader.Flag(2),
                reader.BytesOrNull(3) is { } master ? (ReadOnlyMemory<byte>?)master : null,
                reader.BytesOrNull(4) is { } own ? (ReadOnlyMemory<byte>?)own : null),
            ("user", user.Value)).ConfigureAwait(false);

    public async Task<IReadOnlyList<RemoteDevice>> Devices(UserId user) =>
        await _source.Query(
            "select device_id, display_name, keys from remote_devices where user_id = @user order by device_id",
            static reader => new RemoteDevice(reader.String(0), reader.StringOrNull(1), reader.BytesOrNull(2) is { } keys ? (ReadOnlyMemory<byte>?)keys : null),
            ("user", user.Value)).ConfigureAwait(false);

    /// <summary>Whether the user is joined to a room to which a user of ours is joined too.</summary>
    public async Task<bool> SharesRoom(UserId user) =>
        await _source.Number(
            """
            select 1 from memberships m where m.user_id = @user and m.membership = 2 and exists (
                select 1 from memberships o join accounts a on a.user_id = o.user_id where o.room_nid = m.room_nid and o.membership = 2) limit 1
            """,
            ("user", user.Value)).ConfigureAwait(false) is not null;

    /// <summary>Replaces all that is known of a user.</summary>
    public Task Set(RemoteDeviceList list, IReadOnlyList<RemoteDevice> devices) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute(
                """
                insert into remote_device_lists (user_id, stream_id, stale, master_key, self_signing_key) values (@user, @stream, @stale, @master, @self)
                on conflict (user_id) do update set stream_id = excluded.stream_id, stale = excluded.stale, master_key = excluded.master_key, self_signing_key = excluded.self_signing_key
                """,
                ("user", list.User.Value),
                ("stream", list.StreamId),
                ("stale", list.IsStale),
                ("master", list.MasterKey),
                ("self", list.SelfSigningKey)).ConfigureAwait(false);
            await session.Execute("delete from remote_devices where user_id = @user", ("user", list.User.Value)).ConfigureAwait(false);
            foreach (var device in devices)
            {
                await Put(session, list.User, device).ConfigureAwait(false);
            }

            return 0;
        });

    /// <summary>Applies an update of one device to a list that is up to date.</summary>
    /// <param name="device"><c>null</c>: <paramref name="deviceId"/> is gone.</param>
    public Task Update(UserId user, long streamId, string deviceId, RemoteDevice? device) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute("update remote_device_lists set stream_id = @stream where user_id = @user and stream_id < @stream", ("user", user.Value), ("stream", streamId)).ConfigureAwait(false);
            await session.Execute("delete from remote_devices where user_id = @user and device_id = @device", ("user", user.Value), ("device", deviceId)).ConfigureAwait(false);
            if (device is not null)
            {
                await Put(session, user, device).ConfigureAwait(false);
            }

            return 0;
        });

    /// <summary>The list must be fetched again before it is used.</summary>
    public Task MarkStale(UserId user) =>
        _writer.Execute((session, _) => session.Execute("update remote_device_lists set stale = 1 where user_id = @user", ("user", user.Value)));

    /// <summary>New cross-signing keys of a user whose list is kept; <c>null</c> leaves a key as it is.</summary>
    public Task SetSigningKeys(UserId user, ReadOnlyMemory<byte>? master, ReadOnlyMemory<byte>? selfSigning) =>
        _writer.Execute((session, _) => session.Execute(
            "update remote_device_lists set master_key = coalesce(@master, master_key), self_signing_key = coalesce(@self, self_signing_key) where user_id = @user",
            ("user", user.Value),
            ("master", master),
            ("self", selfSigning)));

    private static async ValueTask Put(WriteSession session, UserId user, RemoteDevice device) =>
        await session.Execute(
            "insert into remote_devices (user_id, device_id, display_name, keys) values (@user, @device, @name, @keys) on conflict do nothing",
            ("user", user.Value),
            ("device", device.DeviceId),
            ("name", device.DisplayName),
            ("keys", device.Keys)).ConfigureAwait(false);
}
