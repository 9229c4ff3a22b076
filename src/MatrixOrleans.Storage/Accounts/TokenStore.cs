using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Accounts;

/// <summary>What a token is for (the numbers are stored).</summary>
public enum TokenKind
{
    Access = 1,
    Refresh = 2,
}

/// <summary>Whose a token is, and how his account stands.</summary>
/// <param name="ExpiresMs">Null: never. An expired token is returned all the same: the error differs (soft logout).</param>
/// <param name="EndsRefresh">The token came from a refresh and was not used yet: its first use is told to <see cref="TokenStore.Used"/>.</param>
public sealed record TokenRow(TokenKind Kind, UserId UserId, string DeviceId, long CreatedMs, long? ExpiresMs, AccountRow? Account, bool EndsRefresh);

/// <summary>Access, refresh and login tokens. Only their SHA-256 is stored.</summary>
public sealed class TokenStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal TokenStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>The token of this text, or null.</summary>
    public async Task<TokenRow?> Find(TokenKind kind, string token) =>
        await _source.First(
            """
            select t.kind, t.user_id, t.device_id, t.created_ms, t.expires_ms, a.password_hash, a.created_ms, a.admin, a.deactivated, a.locked, a.suspended, a.guest, a.erased, a.appservice_id,
                exists (select 1 from tokens s where s.successor = t.hash)
            from tokens t left join accounts a on a.user_id = t.user_id where t.hash = @hash and t.kind = @kind
            """,
            Map,
            ("hash", Hash(token)),
            ("kind", (long)kind)).ConfigureAwait(false);

    /// <summary>Adds a token of a device.</summary>
    public Task Add(TokenKind kind, string token, UserId user, string device, long createdMs, long? expiresMs) =>
        _writer.Execute((session, _) => Add(session, kind, token, user, device, createdMs, expiresMs));

    /// <summary>The same inside a transaction of the caller's.</summary>
    public static async ValueTask<bool> Add(WriteSession session, TokenKind kind, string token, UserId user, string device, long createdMs, long? expiresMs) =>
        await session.Execute(
            "insert into tokens (hash, kind, user_id, device_id, created_ms, expires_ms) values (@hash, @kind, @user, @device, @created, @expires)",
            ("hash", Hash(token)),
            ("kind", (long)kind),
            ("user", user.Value),
            ("device", device),
            ("created", createdMs),
            ("expires", expiresMs)).ConfigureAwait(false) > 0;

    /// <summary>
    /// Exchanges a refresh token for a new pair (Client-Server API, "Refreshing access tokens"). The old refresh token works until the new pair is used,
    /// so that a lost answer costs nobody his session: <see cref="Used"/> ends it.
    /// </summary>
    /// <returns>The device; null when the refresh token is unknown or has expired.</returns>
    public Task<TokenRow?> Refresh(string refreshToken, string newAccess, long? accessExpiresMs, string newRefresh, long? refreshExpiresMs, long nowMs) =>
        _writer.Execute(async (session, _) =>
        {
            var old = await session.First(
                """
                select t.kind, t.user_id, t.device_id, t.created_ms, t.expires_ms, a.password_hash, a.created_ms, a.admin, a.deactivated, a.locked, a.suspended, a.guest, a.erased, a.appservice_id,
                exists (select 1 from tokens s where s.successor = t.hash)
                from tokens t left join accounts a on a.user_id = t.user_id where t.hash = @hash and t.kind = 2 and (t.expires_ms is null or t.expires_ms > @now)
                """,
                Map,
                ("hash", Hash(refreshToken)),
                ("now", nowMs)).ConfigureAwait(false);
            if (old is null)
            {
                return null;
            }

            // A repeated refresh replaces the pair of the first one, which nobody used.
            await session.Execute(
                "delete from tokens where user_id = @user and device_id = @device and kind = 2 and successor is null and hash <> @hash",
                ("user", old.UserId.Value),
                ("device", old.DeviceId),
                ("hash", Hash(refreshToken))).ConfigureAwait(false);
            await session.Execute("update tokens set successor = @next where hash = @hash", ("next", Hash(newAccess)), ("hash", Hash(refreshToken))).ConfigureAwait(false);
            await Add(session, TokenKind.Access, newAccess, old.UserId, old.DeviceId, nowMs, accessExpiresMs).ConfigureAwait(false);
            await Add(session, TokenKind.Refresh, newRefresh, old.UserId, old.DeviceId, nowMs, refreshExpiresMs).ConfigureAwait(false);
            return old;
        });

    /// <summary>The first use of a new access token ends the refresh token that it came from, and the access tokens before it.</summary>
    public Task<int> Used(string accessToken) =>
        _writer.Execute(async (session, _) =>
        {
            var hash = Hash(accessToken);
            var from = await session.First(
                "delete from tokens where successor = @hash returning user_id, device_id",
                static reader => (User: reader.String(0), Device: reader.String(1)),
                ("hash", hash)).ConfigureAwait(false);
            return from.User is null
                ? 0
                : await session.Execute(
                    "delete from tokens where user_id = @user and device_id = @device and kind = 1 and hash <> @hash",
                    ("user", from.User),
                    ("device", from.Device),
                    ("hash", hash)).ConfigureAwait(false);
        });

    /// <summary>Removes all tokens of one device, not the device.</summary>
    public Task<int> RemoveOfDevice(UserId user, string device) =>
        _writer.Execute((session, _) => session.Execute("delete from tokens where user_id = @user and device_id = @device", ("user", user.Value), ("device", device)));

    /// <summary>Adds a login token: valid once, for <c>m.login.token</c>.</summary>
    public Task AddLogin(string token, UserId user, long expiresMs) =>
        _writer.Execute((session, _) => session.Execute(
            "insert into login_tokens (hash, user_id, expires_ms) values (@hash, @user, @expires)",
            ("hash", Hash(token)),
            ("user", user.Value),
            ("expires", expiresMs)));

    /// <summary>Uses up a login token. Expired ones go at the same time.</summary>
    /// <returns>Whose it was; null when it is unknown, used or expired.</returns>
    public Task<UserId?> TakeLogin(string token, long nowMs) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute("delete from login_tokens where expires_ms <= @now", ("now", nowMs)).ConfigureAwait(false);
            return await session.First(
                "delete from login_tokens where hash = @hash returning user_id",
                static reader => (UserId?)UserId.Parse(reader.String(0)),
                ("hash", Hash(token))).ConfigureAwait(false);
        });

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static TokenRow Map(DbDataReader reader)
    {
        var user = UserId.Parse(reader.String(1));
        var account = reader.IsDBNull(6)
            ? null
            : new AccountRow(
                user,
                reader.StringOrNull(5),
                reader.Number(6),
                reader.Flag(7),
                reader.Flag(8),
                reader.Flag(9),
                reader.Flag(10),
                reader.Flag(11),
                reader.Flag(12),
                reader.StringOrNull(13));
        return new TokenRow((TokenKind)reader.Number(0), user, reader.String(2), reader.Number(3), reader.NumberOrNull(4), account, reader.GetFieldValue<bool>(14));
    }
}
