using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Rooms;

public sealed record AliasRow(RoomAlias Alias, RoomId RoomId, UserId Creator, long CreatedMs);

/// <summary>Room aliases.</summary>
public sealed class AliasStore
{
    private const string Row = "select alias, room_id, creator, created_ms from aliases ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal AliasStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<AliasRow?> Get(RoomAlias alias) => await _source.First(Row + "where alias = @alias", Map, ("alias", alias.Value)).ConfigureAwait(false);

    public async Task<IReadOnlyList<AliasRow>> OfRoom(RoomId room) =>
        await _source.Query(Row + "where room_id = @room order by alias", Map, ("room", room.Value)).ConfigureAwait(false);

    /// <returns>False when the alias is taken.</returns>
    public Task<bool> Add(AliasRow row) =>
        _writer.Execute(async (session, _) => await session.Execute(
            "insert into aliases (alias, room_id, creator, created_ms) values (@alias, @room, @creator, @created) on conflict do nothing",
            ("alias", row.Alias.Value),
            ("room", row.RoomId.Value),
            ("creator", row.Creator.Value),
            ("created", row.CreatedMs)).ConfigureAwait(false) > 0);

    /// <returns>False when there was none.</returns>
    public Task<bool> Remove(RoomAlias alias) =>
        _writer.Execute(async (session, _) => await session.Execute("delete from aliases where alias = @alias", ("alias", alias.Value)).ConfigureAwait(false) > 0);

    /// <summary>Lets aliases of one room lead to another; those that lead elsewhere by now stay.</summary>
    public Task<int> Move(IReadOnlyCollection<RoomAlias> aliases, RoomId from, RoomId to) =>
        _writer.Execute((session, _) => session.Execute(
            "update aliases set room_id = @to where room_id = @from and alias {any aliases}",
            ("to", to.Value),
            ("from", from.Value),
            ("aliases", aliases.Select(alias => alias.Value).ToArray())));

    private static AliasRow Map(DbDataReader reader) =>
        new(RoomAlias.Parse(reader.String(0)), RoomId.Parse(reader.String(1)), UserId.Parse(reader.String(2)), reader.Number(3));
}
