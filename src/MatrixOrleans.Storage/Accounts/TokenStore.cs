using System.Data.Common;
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

/// <summary>A token of a session. Only its SHA-256 is known here.</summary>
/// <param name="DeviceId">Empty for a session without a device.</param>
/// <param name="ExpiresMs">Milliseconds since 1970; null: never.</param>
/// <param name="Parent">The refresh token that this one was traded for, as long as this one has not been used.</param>
public sealed record TokenRow(TokenKind Kind, byte[] Hash, UserId UserId, string DeviceId, long CreatedMs, long? ExpiresMs, byte[]? Parent = null);

/// <summary>
/// Access, refresh and login tokens. A refresh makes two children of the refresh token; the first use of a child ends the parent
/// (Client-Server API, "Refreshing access tokens"), so a client that lost the answer can ask again.
/// </summary>
public sealed class TokenStore
{
    private const string Row = "select t.kind, t.hash, t.user_id, t.device_id, t.created_ms, t.expires_ms, t.parent from tokens t ";

    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal TokenStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>The token with this hash and its account. An expired one is found all the same: the error differs (soft logout).</summary>
    public async Task<(TokenRow Token, AccountRow Account)?> Find(TokenKind kind, byte[] hash) =>
        await _source.First(
            $"""
            select t.kind, t.hash, t.user_id, t.device_id, t.created_ms, t.expires_ms, t.parent, {AccountStore.Columns}
            from tokens t join accounts a on a.user_id = t.user_id where t.hash = @hash and t.kind = @kind
            """,
            static reader => ((TokenRow, AccountRow)?)(Map(reader), AccountStore.Map(reader, 7)),
            ("hash", hash),
            ("kind", (long)kind)).ConfigureAwait(false);

    /// <summary>The same inside a transaction of the caller's.</summary>
    public static ValueTask<TokenRow?> Find(WriteSession session, TokenKind kind, byte[] hash) =>
        session.First(Row + "where t.hash = @hash and t.kind = @kind", Map, ("hash", hash), ("kind", (long)kind));

    /// <summary>Adds a token of a device, inside a transaction of the caller's.</summary>
    public static async ValueTask Add(WriteSession session, TokenRow token) =>
        await session.Execute(
            "insert into tokens (hash, kind, user_id, device_id, created_ms, expires_ms, parent) values (@hash, @kind, @user, @device, @created, @expires, @parent)",
            ("hash", token.Hash),
            ("kind", (long)token.Kind),
            ("user", token.UserId.Value),
            ("device", token.DeviceId),
            ("created", token.CreatedMs),
            ("expires", token.ExpiresMs),
            ("parent", token.Parent)).ConfigureAwait(false);

    /// <summary>The token was used for the first time: the refresh token that it came from ends.</summary>
    public Task Used(TokenRow token) => _writer.Execute(async (session, _) =>
    {
        await Used(session, token).ConfigureAwait(false);
        return 0;
    });

    /// <summary>The same inside a transaction of the caller's.</summary>
    public static async ValueTask Used(WriteSession session, TokenRow token)
    {
        if (token.Parent is not null)
        {
            await session.Execute("delete from tokens where hash = @parent and kind = 2", ("parent", token.Parent)).ConfigureAwait(false);
            await session.Execute("update tokens set parent = null where hash = @hash", ("hash", token.Hash)).ConfigureAwait(false);
        }
    }

    /// <summary>Removes one token.</summary>
    public Task<int> Remove(byte[] hash) => _writer.Execute((session, _) => session.Execute("delete from tokens where hash = @hash", ("hash", hash)));

    /// <summary>Removes all tokens of one device, not the device; inside a transaction of the caller's.</summary>
    public static async ValueTask RemoveOfDevice(WriteSession session, UserId user, string device) =>
        await session.Execute("delete from tokens where user_id = @user and device_id = @device", ("user", user.Value), ("device", device)).ConfigureAwait(false);

    /// <summary>Removes access tokens of the device that ended before this moment; inside a transaction of the caller's.</summary>
    public static async ValueTask RemoveExpired(WriteSession session, UserId user, string device, long beforeMs) =>
        await session.Execute(
            "delete from tokens where user_id = @user and device_id = @device and kind = 1 and expires_ms < @before",
            ("user", user.Value),
            ("device", device),
            ("before", beforeMs)).ConfigureAwait(false);

    /// <summary>Adds a login token: valid once, for <c>m.login.token</c>.</summary>
    public Task AddLogin(byte[] hash, UserId user, long expiresMs) =>
        _writer.Execute((session, _) => session.Execute(
            "insert into login_tokens (hash, user_id, expires_ms) values (@hash, @user, @expires)",
            ("hash", hash),
            ("user", user.Value),
            ("expires", expiresMs)));

    /// <summary>Uses up a login token, inside a transaction of the caller's. Expired ones go at the same time.</summary>
    /// <returns>Whose it was; null when it is unknown, used or expired.</returns>
    public static async ValueTask<UserId?> TakeLogin(WriteSession session, byte[] hash, long nowMs)
    {
        await session.Execute("delete from login_tokens where expires_ms <= @now", ("now", nowMs)).ConfigureAwait(false);
        return await session.First(
            "delete from login_tokens where hash = @hash returning user_id",
            static reader => (UserId?)UserId.Parse(reader.String(0)),
            ("hash", hash)).ConfigureAwait(false);
    }

    private static TokenRow Map(DbDataReader reader) => new(
        (TokenKind)reader.Number(0),
        reader.Bytes(1),
        UserId.Parse(reader.String(2)),
        reader.String(3),
        reader.Number(4),
        reader.NumberOrNull(5),
        reader.BytesOrNull(6));
}
