using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Encryption;

/// <summary>What a row of the log is to tell. The numbers are stored.</summary>
public enum LogDebtKind
{
    /// <summary>The user's devices or keys changed: <see cref="DeviceListChanged"/>.</summary>
    DeviceList = 1,

    /// <summary>The supply of keys of the device that it is about changed: <see cref="KeySupplyChanged"/>.</summary>
    KeySupply = 2,

    /// <summary>The user alone sees other signatures on the keys of the user that it is about: <see cref="SignaturesChanged"/>.</summary>
    Signatures = 3,
}

/// <param name="About">A device id, a user id, or nothing.</param>
/// <param name="Number">Tells a debt from one that replaced it.</param>
public sealed record LogDebt(UserId User, LogDebtKind Kind, string About, long Number);

/// <summary>
/// Rows that the log is owed. Keys and devices change in transactions of their own; each writes down here, in the same transaction, what the
/// log has to tell, and takes it away when the log has told. What a crash leaves over is told later; telling twice does no harm.
/// </summary>
public sealed class LogDebtStore
{
    private const string Row = "select user_id, kind, about, number from log_debts ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal LogDebtStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>Writes a debt down, inside a transaction of the caller's.</summary>
    public static async ValueTask Add(WriteSession session, UserId user, LogDebtKind kind, string about = "") =>
        await session.Execute(
            """
            insert into log_debts (user_id, kind, about, number) values (@user, @kind, @about, 1)
            on conflict (user_id, kind, about) do update set number = log_debts.number + 1
            """,
            ("user", user.Value),
            ("kind", (long)kind),
            ("about", about)).ConfigureAwait(false);

    public async Task<IReadOnlyList<LogDebt>> Of(IReadOnlyCollection<UserId> users) =>
        users.Count == 0
            ? []
            : await _source.Query(Row + "where user_id {any users}", Map, ("users", users.Select(user => user.Value).ToArray())).ConfigureAwait(false);

    /// <summary>Debts of all users, some at a time.</summary>
    public async Task<IReadOnlyList<LogDebt>> Some(int limit) =>
        await _source.Query(Row + "order by user_id, kind, about limit @limit", Map, ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Takes debts away that have not been replaced meanwhile.</summary>
    public Task Remove(IReadOnlyList<LogDebt> debts) =>
        _writer.Execute(async (session, _) =>
        {
            foreach (var debt in debts)
            {
                await session.Execute(
                    "delete from log_debts where user_id = @user and kind = @kind and about = @about and number = @number",
                    ("user", debt.User.Value),
                    ("kind", (long)debt.Kind),
                    ("about", debt.About),
                    ("number", debt.Number)).ConfigureAwait(false);
            }

            return debts.Count;
        });

    private static LogDebt Map(DbDataReader reader) => new(UserId.Parse(reader.String(0)), (LogDebtKind)reader.Number(1), reader.String(2), reader.Number(3));
}
