using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>An event to be sent later. Times are milliseconds since 1970.</summary>
/// <param name="Shard">Which of the shards sends it.</param>
/// <param name="TxnId">With the user and the device it names the request that asked for it.</param>
/// <param name="StateKey"><c>null</c> for a message event.</param>
/// <param name="RunningSinceMs">When the delay began, or was begun anew.</param>
public sealed record DelayedEventRow(
    string DelayId, int Shard, UserId User, string? DeviceId, string? TxnId, RoomId Room, string Type, string? StateKey, ReadOnlyMemory<byte> Content, long DelayMs, long RunningSinceMs)
{
    public long DueMs => RunningSinceMs + DelayMs;
}

/// <summary>Delayed events (MSC4140).</summary>
public sealed class DelayedEventStore
{
    private const string Row = "select delay_id, shard, user_id, device_id, txn_id, room_id, type, state_key, content, delay_ms, running_since_ms from delayed_events ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal DelayedEventStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<DelayedEventRow?> Get(string delayId) => await _source.First(Row + "where delay_id = @id", Map, ("id", delayId)).ConfigureAwait(false);

    /// <summary>Those of a user, the one that is due first before the others.</summary>
    public async Task<IReadOnlyList<DelayedEventRow>> OfUser(UserId user) =>
        await _source.Query(Row + "where user_id = @user order by due_ms, delay_id", Map, ("user", user.Value)).ConfigureAwait(false);

    /// <summary>The first of a shard that are due at a time.</summary>
    public async Task<IReadOnlyList<DelayedEventRow>> Due(int shard, long nowMs, int limit) =>
        await _source.Query(
            Row + "where shard = @shard and due_ms <= @now order by due_ms, delay_id limit @limit",
            Map,
            ("shard", (long)shard),
            ("now", nowMs),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>When the next one of a shard is due; <c>null</c> when there is none.</summary>
    public async Task<long?> NextDueMs(int shard) =>
        (await _source.Query("select due_ms from delayed_events where shard = @shard order by due_ms limit 1", static reader => reader.Number(0), ("shard", (long)shard)).ConfigureAwait(false))
        .Select(due => (long?)due).FirstOrDefault();

    /// <summary>Keeps a new one.</summary>
    /// <returns>False when the user has <paramref name="perUserMax"/> already.</returns>
    public Task<bool> Add(DelayedEventRow row, int perUserMax) =>
        _writer.Execute(async (session, _) => await session.Execute(
            """
            insert into delayed_events (delay_id, shard, user_id, device_id, txn_id, room_id, type, state_key, content, delay_ms, running_since_ms, due_ms)
            select @id, @shard, @user, @device, @txn, @room, @type, @key, @content, @delay, @since, @due
            where (select count(*) from delayed_events where user_id = @user) < @max
            """,
            ("id", row.DelayId),
            ("shard", (long)row.Shard),
            ("user", row.User.Value),
            ("device", row.DeviceId),
            ("txn", row.TxnId),
            ("room", row.Room.Value),
            ("type", row.Type),
            ("key", row.StateKey),
            ("content", row.Content),
            ("delay", row.DelayMs),
            ("since", row.RunningSinceMs),
            ("due", row.DueMs),
            ("max", (long)perUserMax)).ConfigureAwait(false) > 0);

    /// <summary>Begins the delay anew.</summary>
    public Task Restart(string delayId, long nowMs) =>
        _writer.Execute((session, _) => session.Execute(
            "update delayed_events set running_since_ms = @now, due_ms = @now + delay_ms where delay_id = @id",
            ("id", delayId),
            ("now", nowMs)));

    public Task Remove(string delayId) => _writer.Execute((session, _) => session.Execute("delete from delayed_events where delay_id = @id", ("id", delayId)));

    private static DelayedEventRow Map(DbDataReader reader) => new(
        reader.String(0),
        (int)reader.Number(1),
        UserId.Parse(reader.String(2)),
        reader.StringOrNull(3),
        reader.StringOrNull(4),
        RoomId.Parse(reader.String(5)),
        reader.String(6),
        reader.StringOrNull(7),
        reader.Bytes(8),
        reader.Number(9),
        reader.Number(10));
}
