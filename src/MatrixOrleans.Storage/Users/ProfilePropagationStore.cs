using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Users;

/// <summary>A change of a profile field that the user's rooms are still to show.</summary>
/// <param name="OnlyUnchanged">Only rooms that show <paramref name="OldValue"/>.</param>
/// <param name="Number">Tells a row from one that replaced it.</param>
public sealed record ProfilePropagationRow(UserId UserId, string Field, bool OnlyUnchanged, string? OldValue, long Number);

/// <summary>What is owed to rooms after changes of profiles, so that it survives the end of a process.</summary>
public sealed class ProfilePropagationStore
{
    private const string Row = "select user_id, field, only_unchanged, old_value, number from profile_propagations ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal ProfilePropagationStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<IReadOnlyList<ProfilePropagationRow>> Of(UserId user) =>
        await _source.Query(Row + "where user_id = @user", Map, ("user", user.Value)).ConfigureAwait(false);

    /// <summary>Users with rows, after one, in the order of their ids.</summary>
    public async Task<IReadOnlyList<UserId>> Users(string after, int limit) =>
        await _source.Query(
            "select distinct user_id from profile_propagations where user_id > @after order by user_id limit @limit",
            static reader => UserId.Parse(reader.String(0)),
            ("after", after),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Notes a change. Where one of the same field is owed still, all rooms are to show the newest value.</summary>
    public Task Add(UserId user, string field, bool onlyUnchanged, string? oldValue, long nowMs) =>
        _writer.Execute((session, _) => session.Execute(
            """
            insert into profile_propagations (user_id, field, only_unchanged, old_value, created_ms, number)
            values (@user, @field, @only, @old, @now, 1)
            on conflict (user_id, field) do update set only_unchanged = 0, number = profile_propagations.number + 1
            """,
            ("user", user.Value),
            ("field", field),
            ("only", onlyUnchanged ? 1L : 0L),
            ("old", oldValue),
            ("now", nowMs)));

    /// <summary>Removes rows that have not been replaced meanwhile.</summary>
    public Task Remove(IReadOnlyList<ProfilePropagationRow> rows) =>
        _writer.Execute(async (session, _) =>
        {
            foreach (var row in rows)
            {
                await session.Execute(
                    "delete from profile_propagations where user_id = @user and field = @field and number = @number",
                    ("user", row.UserId.Value),
                    ("field", row.Field),
                    ("number", row.Number)).ConfigureAwait(false);
            }

            return rows.Count;
        });

    private static ProfilePropagationRow Map(DbDataReader reader) =>
        new(UserId.Parse(reader.String(0)), reader.String(1), reader.Flag(2), reader.StringOrNull(3), reader.Number(4));
}
