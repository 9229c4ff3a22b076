using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <summary>A message that waits for a device.</summary>
public sealed record ToDeviceRow(long Position, string Sender, string Type, string? MessageId, ReadOnlyMemory<byte> Json);

/// <summary>To-device messages. Written by <see cref="ToDeviceSend"/>.</summary>
public sealed class ToDeviceStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    private readonly Gathering<Seen> _seen;

    internal ToDeviceStore(SqlSource source, LogWriter writer)
    {
        (_source, _writer) = (source, writer);
        _seen = new Gathering<Seen>(Delete);
    }

    /// <summary>Messages in (after, upto], oldest first.</summary>
    public async Task<IReadOnlyList<ToDeviceRow>> Read(UserId user, string device, long after, long upto, int limit) =>
        await _source.Query(
            """
            select pos, sender, type, message_id, json from to_device
            where user_id = @user and device_id = @device and pos > @after and pos <= @upto order by pos limit @limit
            """,
            static reader => new ToDeviceRow(reader.Number(0), reader.String(1), reader.String(2), reader.StringOrNull(3), reader.Bytes(4)),
            ("user", user.Value),
            ("device", device),
            ("after", after),
            ("upto", upto),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>The messages to a user at a position: one at most.</summary>
    public async Task<(string DeviceId, ToDeviceRow Row)?> At(UserId user, long position) =>
        await _source.First(
            "select pos, sender, type, message_id, json, device_id from to_device where user_id = @user and device_id > '' and pos = @pos",
            static reader => ((string, ToDeviceRow)?)(reader.String(5), new ToDeviceRow(reader.Number(0), reader.String(1), reader.String(2), reader.StringOrNull(3), reader.Bytes(4))),
            ("user", user.Value),
            ("pos", position)).ConfigureAwait(false);

    /// <summary>Drops what the device has seen: everything up to a position that it presented itself.</summary>
    public Task DeleteUpTo(UserId user, string device, long position) => _seen.Add(new Seen(user, device, position));

    /// <summary>Many devices acknowledge at the same time: what comes while one transaction is in flight goes into the next.</summary>
    private Task Delete(IReadOnlyList<Seen> seen) =>
        _writer.Execute(async (session, _) =>
        {
            foreach (var one in seen)
            {
                await session.Execute(
                    "delete from to_device where user_id = @user and device_id = @device and pos <= @pos",
                    ("user", one.User.Value),
                    ("device", one.DeviceId),
                    ("pos", one.Position)).ConfigureAwait(false);
            }

            return seen.Count;
        });

    private sealed record Seen(UserId User, string DeviceId, long Position);
}
