using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <param name="Json">The field's value.</param>
public sealed record ProfileField(string UserId, string Field, ReadOnlyMemory<byte> Json, long Position);

/// <summary>Profiles, field by field. Written by <see cref="Log.ProfileSet"/>.</summary>
public sealed class ProfileStore
{
    private const string Row = "select user_id, field, json, pos from profiles ";
    private readonly SqlSource _source;

    internal ProfileStore(SqlSource source) => _source = source;

    public async Task<IReadOnlyList<ProfileField>> Get(UserId user) =>
        await _source.Query(Row + "where user_id = @user and json is not null order by field", Map, ("user", user.Value)).ConfigureAwait(false);

    public async Task<ProfileField?> Get(UserId user, string field) =>
        await _source.First(Row + "where user_id = @user and field = @field and json is not null", Map, ("user", user.Value), ("field", field)).ConfigureAwait(false);

    /// <summary>One field of several users, those who have it.</summary>
    public async Task<IReadOnlyList<ProfileField>> Get(IReadOnlyCollection<UserId> users, string field) =>
        users.Count == 0
            ? []
            : await _source.Query(
                Row + "where user_id {any users} and field = @field and json is not null",
                Map,
                ("users", users.Select(user => user.Value).ToArray()),
                ("field", field)).ConfigureAwait(false);

    private static ProfileField Map(DbDataReader reader) => new(reader.String(0), reader.String(1), reader.Bytes(2), reader.Number(3));
}
