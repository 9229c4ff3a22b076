using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <param name="RoomNid">Null: global.</param>
/// <param name="Json">The content; null when it was deleted.</param>
public sealed record AccountDataRow(long? RoomNid, string Type, ReadOnlyMemory<byte>? Json, long Position);

/// <summary>Account data, tags and ignored users among them. Written by <see cref="Log.AccountDataSet"/>.</summary>
public sealed class AccountDataStore
{
    private const string Row = "select room_nid, type, json, pos from account_data ";
    private readonly SqlSource _source;

    internal AccountDataStore(SqlSource source) => _source = source;

    /// <summary>The content; null when there is none or it was deleted.</summary>
    public async Task<AccountDataRow?> Get(UserId user, long? roomNid, string type)
    {
        var row = await _source.First(
            Row + "where user_id = @user and room_nid = @room and type = @type",
            Map,
            ("user", user.Value),
            ("room", roomNid ?? 0),
            ("type", type)).ConfigureAwait(false);
        return row?.Json is null ? null : row;
    }

    /// <summary>Global account data of several users, of some types.</summary>
    public async Task<IReadOnlyList<(UserId User, AccountDataRow Row)>> Global(IReadOnlyCollection<UserId> users, params string[] types) =>
        users.Count == 0
            ? []
            : await _source.Query(
                "select room_nid, type, json, pos, user_id from account_data where user_id {any users} and room_nid = 0 and type {any types} and json is not null",
                static reader => (UserId.Parse(reader.String(4)), Map(reader)),
                ("users", users.Select(user => user.Value).ToArray()),
                ("types", types)).ConfigureAwait(false);

    /// <summary>Everything of the user that is not deleted.</summary>
    public async Task<IReadOnlyList<AccountDataRow>> All(UserId user) =>
        await _source.Query(Row + "where user_id = @user and json is not null order by pos", Map, ("user", user.Value)).ConfigureAwait(false);

    /// <summary>What the user has about some rooms, deletions included; <paramref name="roomNids"/> with 0 for what belongs to no room.</summary>
    public async Task<IReadOnlyList<AccountDataRow>> OfRooms(UserId user, IReadOnlyCollection<long> roomNids) =>
        roomNids.Count == 0
            ? []
            : await _source.Query(
                Row + "where user_id = @user and room_nid {any rooms} order by pos",
                Map,
                ("user", user.Value),
                ("rooms", roomNids.ToArray())).ConfigureAwait(false);

    /// <summary>One type, of every room that has it.</summary>
    public async Task<IReadOnlyList<AccountDataRow>> OfType(UserId user, string type) =>
        await _source.Query(Row + "where user_id = @user and room_nid > 0 and type = @type and json is not null", Map, ("user", user.Value), ("type", type)).ConfigureAwait(false);

    /// <summary>What changed in (after, upto], deletions included, in order.</summary>
    public async Task<IReadOnlyList<AccountDataRow>> Since(UserId user, long after, long upto) =>
        await _source.Query(
            Row + "where user_id = @user and pos > @after and pos <= @upto order by pos",
            Map,
            ("user", user.Value),
            ("after", after),
            ("upto", upto)).ConfigureAwait(false);

    private static AccountDataRow Map(DbDataReader reader) => new(
        reader.Number(0) is not 0 and var room ? room : null,
        reader.String(1),
        reader.BytesOrNull(2) is { } json ? (ReadOnlyMemory<byte>?)json : null,
        reader.Number(3));
}
