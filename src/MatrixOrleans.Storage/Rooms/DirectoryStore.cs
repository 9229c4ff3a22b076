using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>A room in a tenant's public directory.</summary>
/// <param name="Joined">Joined members when the row was written.</param>
/// <param name="SearchText">What <c>generic_search_term</c> is looked for in: name, topic and canonical alias.</param>
/// <param name="Summary">What the directory answers for it, as the caller writes it.</param>
public sealed record DirectoryRow(RoomId RoomId, long Joined, string SearchText, ReadOnlyMemory<byte> Summary);

/// <summary>The public rooms of each tenant.</summary>
public sealed class DirectoryStore
{
    private const string Row = "select room_id, joined, search_text, summary from public_rooms ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal DirectoryStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<bool> IsPublic(ServerName tenant, RoomId room) => await Get(tenant, room).ConfigureAwait(false) is not null;

    public async Task<DirectoryRow?> Get(ServerName tenant, RoomId room) =>
        await _source.First(Row + "where tenant = @tenant and room_id = @room", Map, ("tenant", tenant.Value), ("room", room.Value)).ConfigureAwait(false);

    /// <summary>Publishes a room, or brings its row up to date.</summary>
    public Task Set(ServerName tenant, DirectoryRow row) =>
        _writer.Execute((session, _) => session.Execute(
            """
            insert into public_rooms (tenant, room_id, joined, search_text, summary) values (@tenant, @room, @joined, @text, @summary)
            on conflict (tenant, room_id) do update set joined = excluded.joined, search_text = excluded.search_text, summary = excluded.summary
            """,
            Arguments(tenant, row)));

    /// <summary>Brings the row of a published room up to date in every tenant's directory.</summary>
    /// <returns>In how many it is.</returns>
    public Task<int> Update(DirectoryRow row) =>
        _writer.Execute((session, _) => session.Execute(
            "update public_rooms set joined = @joined, search_text = @text, summary = @summary where room_id = @room",
            Arguments(null, row)[1..]));

    /// <returns>False when it was not published.</returns>
    public Task<bool> Remove(ServerName tenant, RoomId room) =>
        _writer.Execute(async (session, _) => await session.Execute(
            "delete from public_rooms where tenant = @tenant and room_id = @room",
            ("tenant", tenant.Value),
            ("room", room.Value)).ConfigureAwait(false) > 0);

    public async Task<long> Count(ServerName tenant) =>
        await _source.Number("select count(*) from public_rooms where tenant = @tenant", ("tenant", tenant.Value)).ConfigureAwait(false) ?? 0;

    /// <summary>A page, the rooms with most members first; a term is looked for without regard to case.</summary>
    /// <param name="after">The last row of the page before, or the first one of the page after when <paramref name="backwards"/>.</param>
    public async Task<IReadOnlyList<DirectoryRow>> Page(ServerName tenant, string? term, (long Joined, string RoomId)? after, bool backwards, int limit)
    {
        var rows = await _source.Query(
            Row + "where tenant = @tenant" + (term is null ? "" : " and search_text like @term escape '\\'")
                + (after is null ? "" : backwards
                    ? " and (joined > @joined or (joined = @joined and room_id < @room))"
                    : " and (joined < @joined or (joined = @joined and room_id > @room))")
                + (backwards ? " order by joined, room_id desc limit @limit" : " order by joined desc, room_id limit @limit"),
            Map,
            [
                ("tenant", tenant.Value), ("limit", (long)limit),
                .. term is null ? Array.Empty<(string, object?)>() : [("term", "%" + Escape(term.ToLowerInvariant()) + "%")],
                .. after is { } at ? [("joined", at.Joined), ("room", at.RoomId)] : Array.Empty<(string, object?)>(),
            ]).ConfigureAwait(false);
        if (backwards)
        {
            rows.Reverse();
        }

        return rows;
    }

    private static string Escape(string term) => term.Replace("\\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);

    private static (string Name, object? Value)[] Arguments(ServerName? tenant, DirectoryRow row) =>
    [
        ("tenant", tenant?.Value), ("room", row.RoomId.Value), ("joined", row.Joined), ("text", row.SearchText.ToLowerInvariant()), ("summary", row.Summary),
    ];

    private static DirectoryRow Map(DbDataReader reader) => new(RoomId.Parse(reader.String(0)), reader.Number(1), reader.String(2), reader.Bytes(3));
}
