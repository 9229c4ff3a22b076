using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>What a report is about (the numbers are stored).</summary>
public enum ReportKind : short
{
    Event = 1,
    Room = 2,
    User = 3,
}

/// <summary>A report of a user to the administrators of his server.</summary>
/// <param name="Id">0 until it is stored.</param>
/// <param name="Room">Of an event or a room.</param>
/// <param name="User">Of a user.</param>
/// <param name="Score">How offensive, -100 to 0, where a client still says so.</param>
public sealed record ReportRow(
    long Id, ReportKind Kind, UserId Reporter, RoomId? Room, EventId? Event, UserId? User, string? Reason, int? Score, long ReceivedMs);

/// <summary>Reports of events, rooms and users.</summary>
public sealed class ReportStore
{
    private const string Row = "select id, kind, reporter, room_id, event_id, user_id, reason, score, received_ms from reports ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal ReportStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <returns>The report's number.</returns>
    public Task<long> Add(ReportRow report) => _writer.Execute(async (session, _) =>
    {
        var id = await session.Number("update numbers set next_value = next_value + 1 where name = 'report' returning next_value - 1").ConfigureAwait(false)
            ?? throw new InvalidDataException("The numbers of reports are missing");
        await session.Execute(
            """
            insert into reports (id, kind, tenant, reporter, room_id, event_id, user_id, reason, score, received_ms)
            values (@id, @kind, @tenant, @reporter, @room, @event, @user, @reason, @score, @received)
            """,
            ("id", id),
            ("kind", (long)report.Kind),
            ("tenant", report.Reporter.ServerName.Value),
            ("reporter", report.Reporter.Value),
            ("room", report.Room?.Value),
            ("event", report.Event?.Value),
            ("user", report.User?.Value),
            ("reason", report.Reason),
            ("score", (long?)report.Score),
            ("received", report.ReceivedMs)).ConfigureAwait(false);
        return id;
    });

    /// <summary>A tenant's reports of one kind by number, those after <paramref name="after"/> (or before it, newest first).</summary>
    public async Task<IReadOnlyList<ReportRow>> List(ServerName tenant, ReportKind kind, long after, bool backwards, int limit) =>
        await _source.Query(
            Row + "where tenant = @tenant and kind = @kind and " + (backwards ? "id < @after order by id desc" : "id > @after order by id") + " limit @limit",
            Map,
            ("tenant", tenant.Value),
            ("kind", (long)kind),
            ("after", after),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <returns>False when the tenant has no such report.</returns>
    public Task<bool> Remove(ServerName tenant, long id) => _writer.Execute(async (session, _) =>
        await session.Execute("delete from reports where id = @id and tenant = @tenant", ("id", id), ("tenant", tenant.Value)).ConfigureAwait(false) > 0);

    private static ReportRow Map(DbDataReader reader) => new(
        reader.Number(0),
        (ReportKind)reader.Number(1),
        UserId.Parse(reader.String(2)),
        reader.StringOrNull(3) is { } room ? RoomId.Parse(room) : null,
        reader.StringOrNull(4) is { } id ? EventId.Parse(id) : null,
        reader.StringOrNull(5) is { } user ? UserId.Parse(user) : null,
        reader.StringOrNull(6),
        (int?)reader.NumberOrNull(7),
        reader.Number(8));
}
