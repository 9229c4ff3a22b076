using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Encryption;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Accounts;

/// <param name="PasswordHash">As the caller hashed it; null: no login by password.</param>
/// <param name="AppServiceId">The application service that owns the account.</param>
public sealed record AccountRow(
    UserId UserId,
    string? PasswordHash,
    long CreatedMs,
    bool Admin = false,
    bool Deactivated = false,
    bool Locked = false,
    bool Suspended = false,
    bool Guest = false,
    bool Erased = false,
    string? AppServiceId = null);

/// <summary>The flags of an account that can be set.</summary>
public enum AccountFlag
{
    Admin,
    Locked,
    Suspended,
    Erased,
}

/// <summary>Local users.</summary>
public sealed class AccountStore
{
    internal const string Columns = "a.user_id, a.password_hash, a.created_ms, a.admin, a.deactivated, a.locked, a.suspended, a.guest, a.erased, a.appservice_id";

    private const string Row = $"select {Columns} from accounts a ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal AccountStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<AccountRow?> Get(UserId user) => await _source.First(Row + "where user_id = @user", Map, ("user", user.Value)).ConfigureAwait(false);

    /// <summary>
    /// The account, and nobody else's until the transaction ends: what opens sessions and what ends them come one after the other, so that
    /// no session outlives its device or a changed password.
    /// </summary>
    public static async ValueTask<AccountRow?> Lock(WriteSession session, UserId user)
    {
        await session.Execute("update accounts set locked = locked where user_id = @user", ("user", user.Value)).ConfigureAwait(false);
        return await session.First(Row + "where user_id = @user", Map, ("user", user.Value)).ConfigureAwait(false);
    }

    /// <summary>Accounts after <paramref name="after"/> in the order of their ids, of one tenant.</summary>
    public async Task<IReadOnlyList<AccountRow>> List(ServerName tenant, string after, int limit) =>
        await _source.Query(
            Row + "where user_id > @after and user_id like @tenant escape '\\' order by user_id limit @limit",
            Map,
            ("after", after),
            ("tenant", "%:" + tenant.Value.Replace("_", @"\_", StringComparison.Ordinal)),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <summary>Whether there is any account at all.</summary>
    public async Task<bool> Any() => await _source.Number("select count(*) from (select 1 from accounts limit 1) a").ConfigureAwait(false) != 0;

    /// <summary>Deactivated accounts that are still in rooms, after <paramref name="after"/> in the order of their ids.</summary>
    public async Task<IReadOnlyList<AccountRow>> Unfinished(string after, int limit) =>
        await _source.Query(
            Row + """
                where a.deactivated = 1 and a.user_id > @after
                and exists (select 1 from memberships m where m.user_id = a.user_id and m.membership in (1, 2, 3) and m.forgotten = 0)
                order by a.user_id limit @limit
                """,
            Map,
            ("after", after),
            ("limit", (long)limit)).ConfigureAwait(false);

    /// <returns>False when the user id is taken, by a deactivated account too.</returns>
    public Task<bool> Create(AccountRow account) => _writer.Execute((session, _) => Create(session, account));

    /// <summary>The same inside a transaction of the caller's.</summary>
    public static async ValueTask<bool> Create(WriteSession session, AccountRow account) =>
        await session.Execute(
            """
            insert into accounts (user_id, password_hash, created_ms, admin, deactivated, locked, suspended, guest, erased, appservice_id)
            values (@user, @hash, @created, @admin, @deactivated, @locked, @suspended, @guest, @erased, @service) on conflict do nothing
            """,
            ("user", account.UserId.Value),
            ("hash", account.PasswordHash),
            ("created", account.CreatedMs),
            ("admin", account.Admin),
            ("deactivated", account.Deactivated),
            ("locked", account.Locked),
            ("suspended", account.Suspended),
            ("guest", account.Guest),
            ("erased", account.Erased),
            ("service", account.AppServiceId)).ConfigureAwait(false) > 0;

    /// <returns>False when there is no such account, or it is deactivated.</returns>
    public Task<bool> SetPassword(UserId user, string? hash) => _writer.Execute((session, _) => SetPassword(session, user, hash));

    /// <summary>The same inside a transaction of the caller's.</summary>
    public static async ValueTask<bool> SetPassword(WriteSession session, UserId user, string? hash) =>
        await session.Execute(
            "update accounts set password_hash = @hash where user_id = @user and deactivated = 0",
            ("hash", hash),
            ("user", user.Value)).ConfigureAwait(false) > 0;

    /// <summary>Replaces a hash by a better one of the same password, unless the password changed meanwhile.</summary>
    public Task<bool> ReplacePasswordHash(UserId user, string old, string hash) =>
        _writer.Execute(async (session, _) => await session.Execute(
            "update accounts set password_hash = @hash where user_id = @user and password_hash = @old",
            ("hash", hash),
            ("user", user.Value),
            ("old", old)).ConfigureAwait(false) > 0);

    /// <summary>Makes a guest a full account, inside a transaction of the caller's.</summary>
    /// <returns>False when it is no guest.</returns>
    public static async ValueTask<bool> Upgrade(WriteSession session, UserId guest, string? hash) =>
        await session.Execute(
            "update accounts set guest = 0, password_hash = @hash where user_id = @user and guest = 1 and deactivated = 0",
            ("hash", hash),
            ("user", guest.Value)).ConfigureAwait(false) > 0;

    /// <returns>False when there is no such account.</returns>
    public Task<bool> Set(UserId user, AccountFlag flag, bool value)
    {
        var column = flag switch
        {
            AccountFlag.Admin => "admin",
            AccountFlag.Locked => "locked",
            AccountFlag.Suspended => "suspended",
            AccountFlag.Erased => "erased",
            _ => throw new ArgumentOutOfRangeException(nameof(flag)),
        };
        return _writer.Execute(async (session, _) => await session.Execute(
            $"update accounts set {column} = @value where user_id = @user",
            ("value", value),
            ("user", user.Value)).ConfigureAwait(false) > 0);
    }

    /// <summary>
    /// Ends an account: no password, no devices, no tokens, no keys, no key backups, no messages to devices. The user id stays taken.
    /// </summary>
    /// <returns>False when there is no such account.</returns>
    public Task<bool> Deactivate(UserId user, bool erase) =>
        _writer.Execute(async (session, _) =>
        {
            var found = await session.Execute(
                "update accounts set deactivated = 1, password_hash = null, erased = case when @erase = 1 then 1 else erased end where user_id = @user",
                ("erase", erase),
                ("user", user.Value)).ConfigureAwait(false) > 0;
            await DeviceStore.RemoveAll(session, user, except: null).ConfigureAwait(false);
            await session.Execute("delete from login_tokens where user_id = @user", ("user", user.Value)).ConfigureAwait(false);
            await CrossSigningStore.RemoveAll(session, user).ConfigureAwait(false);
            await KeyBackupStore.RemoveAll(session, user).ConfigureAwait(false);
            return found;
        });

    /// <summary>Reads <see cref="Columns"/>, the first of them at this place.</summary>
    internal static AccountRow Map(DbDataReader reader, int first) => new(
        UserId.Parse(reader.String(first)),
        reader.StringOrNull(first + 1),
        reader.Number(first + 2),
        reader.Flag(first + 3),
        reader.Flag(first + 4),
        reader.Flag(first + 5),
        reader.Flag(first + 6),
        reader.Flag(first + 7),
        reader.Flag(first + 8),
        reader.StringOrNull(first + 9));

    private static AccountRow Map(DbDataReader reader) => Map(reader, 0);
}
