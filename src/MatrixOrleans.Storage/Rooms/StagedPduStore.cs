using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>A PDU that was acknowledged and waits for what it refers to.</summary>
/// <param name="Json">The event as it is to be processed: checked for format, hash and signatures.</param>
/// <param name="Attempts">How often its references were asked for in vain.</param>
public sealed record StagedPdu(RoomId RoomId, EventId EventId, ServerName Origin, ServerName Destination, ReadOnlyMemory<byte> Json, int Attempts, long ReceivedMs);

/// <summary>PDUs that wait, by room; they survive restarts.</summary>
public sealed class StagedPduStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal StagedPduStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>Keeps a PDU, unless the room has as many waiting as it may.</summary>
    /// <returns>Whether it is kept now, or was before.</returns>
    public Task<bool> Add(StagedPdu pdu, int roomCountMax) =>
        _writer.Execute(async (session, _) =>
        {
            var count = await session.Number("select count(*) from staged_pdus where room_id = @room", ("room", pdu.RoomId.Value)).ConfigureAwait(false) ?? 0;
            if (count < roomCountMax)
            {
                await session.Execute(
                    """
                    insert into staged_pdus (room_id, event_id, origin, destination, json, attempts, received_ms)
                    values (@room, @id, @origin, @destination, @json, 0, @ms) on conflict do nothing
                    """,
                    ("room", pdu.RoomId.Value),
                    ("id", pdu.EventId.Value),
                    ("origin", pdu.Origin.Value),
                    ("destination", pdu.Destination.Value),
                    ("json", pdu.Json),
                    ("ms", pdu.ReceivedMs)).ConfigureAwait(false);
            }

            return await session.Number(
                "select count(*) from staged_pdus where room_id = @room and event_id = @id",
                ("room", pdu.RoomId.Value),
                ("id", pdu.EventId.Value)).ConfigureAwait(false) > 0;
        });

    /// <summary>A room's, oldest first.</summary>
    public async Task<IReadOnlyList<StagedPdu>> OfRoom(RoomId room, int limit) =>
        await _source.Query(
            """
            select room_id, event_id, origin, destination, json, attempts, received_ms from staged_pdus
            where room_id = @room order by received_ms, event_id limit @limit
            """,
            static reader => new StagedPdu(
                RoomId.Parse(reader.String(0)),
                EventId.Parse(reader.String(1)),
                ServerName.Parse(reader.String(2)),
                ServerName.Parse(reader.String(3)),
                reader.Bytes(4),
                (int)reader.Number(5),
                reader.Number(6)),
            ("room", room.Value),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Rooms with waiting PDUs after a room id, ascending.</summary>
    public async Task<IReadOnlyList<RoomId>> Rooms(string after, int limit) =>
        await _source.Query(
            "select distinct room_id from staged_pdus where room_id > @after order by room_id limit @limit",
            static reader => RoomId.Parse(reader.String(0)),
            ("after", after),
            ("limit", (long)limit)).ConfigureAwait(false);

    public Task<int> Attempted(RoomId room, EventId id) =>
        _writer.Execute((session, _) => session.Execute(
            "update staged_pdus set attempts = attempts + 1 where room_id = @room and event_id = @id", ("room", room.Value), ("id", id.Value)));

    public Task<int> Remove(RoomId room, IReadOnlyCollection<EventId> ids) =>
        _writer.Execute((session, _) => session.Execute(
            "delete from staged_pdus where room_id = @room and event_id {any ids}",
            ("room", room.Value),
            ("ids", ids.Select(id => id.Value).ToArray())));
}
