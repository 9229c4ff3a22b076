using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <param name="Thread">Empty: unthreaded.</param>
/// <param name="Ts">Milliseconds since 1970.</param>
public sealed record ReceiptRow(long RoomNid, string UserId, string Type, string Thread, string EventId, long RoomSeq, long Ts, ReadOnlyMemory<byte>? Json, long Position);

/// <summary>Receipts, the furthest of each (user, type, thread) in a room. Written by <see cref="ReceiptSet"/>.</summary>
public sealed class ReceiptStore
{
    private const string Row = "select room_nid, user_id, type, thread, event_id, room_seq, ts, json, pos from receipts ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal ReceiptStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>All receipts of a room, private ones too: whose they are is the caller's to mind.</summary>
    public async Task<IReadOnlyList<ReceiptRow>> OfRoom(long roomNid) =>
        await _source.Query(Row + "where room_nid = @room", Map, ("room", roomNid)).ConfigureAwait(false);

    /// <summary>Receipts of a room that moved in (after, upto].</summary>
    public async Task<IReadOnlyList<ReceiptRow>> Since(long roomNid, long after, long upto) =>
        await _source.Query(
            Row + "where room_nid = @room and pos > @after and pos <= @upto order by pos",
            Map,
            ("room", roomNid),
            ("after", after),
            ("upto", upto)).ConfigureAwait(false);

    /// <summary>The receipts of one user in a room.</summary>
    public async Task<IReadOnlyList<ReceiptRow>> OfUser(long roomNid, UserId user) =>
        await _source.Query(Row + "where room_nid = @room and user_id = @user", Map, ("room", roomNid), ("user", user.Value)).ConfigureAwait(false);

    /// <summary>The receipts of one user in many rooms.</summary>
    public async Task<IReadOnlyList<ReceiptRow>> OfUser(IReadOnlyCollection<long> roomNids, UserId user) =>
        roomNids.Count == 0
            ? []
            : await _source.Query(Row + "where room_nid {any rooms} and user_id = @user", Map, ("rooms", roomNids.ToArray()), ("user", user.Value)).ConfigureAwait(false);

    /// <summary>Takes the receipts that waited for an event; the caller writes them anew with its place.</summary>
    public Task<IReadOnlyList<ReceiptSet>> TakeWaiting(long roomNid, EventId id) =>
        _writer.Execute<IReadOnlyList<ReceiptSet>>(async (session, _) => await session.Query(
            "delete from receipts_waiting where room_nid = @room and event_id = @id returning user_id, type, thread, ts, json",
            reader => new ReceiptSet(
                reader.String(0),
                roomNid,
                reader.String(1),
                reader.String(2),
                id.Value,
                null,
                reader.Number(3),
                reader.BytesOrNull(4) is { } json ? (ReadOnlyMemory<byte>?)json : null),
            ("room", roomNid),
            ("id", id.Value)).ConfigureAwait(false));

    private static ReceiptRow Map(DbDataReader reader) => new(
        reader.Number(0),
        reader.String(1),
        reader.String(2),
        reader.String(3),
        reader.String(4),
        reader.Number(5),
        reader.Number(6),
        reader.BytesOrNull(7) is { } json ? (ReadOnlyMemory<byte>?)json : null,
        reader.Number(8));
}
