using System.Data.Common;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Accounts;

/// <param name="UsesAllowed">Null: any number.</param>
/// <param name="Pending">Registrations under way with it.</param>
/// <param name="ExpiresMs">Null: never.</param>
public sealed record RegistrationTokenRow(string Token, long? UsesAllowed, long Pending, long Completed, long? ExpiresMs);

/// <summary>Tokens that let people register (<c>m.login.registration_token</c>).</summary>
public sealed class RegistrationTokenStore
{
    private const string Row = "select token, uses_allowed, pending, completed, expires_ms from registration_tokens ";
    private const string Valid = "(expires_ms is null or expires_ms > @now) and (uses_allowed is null or pending + completed < uses_allowed)";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal RegistrationTokenStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<RegistrationTokenRow?> Get(string token) => await _source.First(Row + "where token = @token", Map, ("token", token)).ConfigureAwait(false);

    public async Task<IReadOnlyList<RegistrationTokenRow>> List() => await _source.Query(Row + "order by token", Map).ConfigureAwait(false);

    /// <summary>Whether one more registration may begin with it.</summary>
    public async Task<bool> IsValid(string token, long nowMs) =>
        await _source.Number($"select count(*) from registration_tokens where token = @token and {Valid}", ("token", token), ("now", nowMs)).ConfigureAwait(false) > 0;

    /// <returns>False when the token exists.</returns>
    public Task<bool> Create(RegistrationTokenRow token) =>
        _writer.Execute(async (session, _) => await session.Execute(
            "insert into registration_tokens (token, uses_allowed, pending, completed, expires_ms) values (@token, @uses, @pending, @completed, @expires) on conflict do nothing",
            ("token", token.Token),
            ("uses", token.UsesAllowed),
            ("pending", token.Pending),
            ("completed", token.Completed),
            ("expires", token.ExpiresMs)).ConfigureAwait(false) > 0);

    /// <returns>False when there is no such token.</returns>
    public Task<bool> Update(string token, long? usesAllowed, long? expiresMs) =>
        _writer.Execute(async (session, _) => await session.Execute(
            "update registration_tokens set uses_allowed = @uses, expires_ms = @expires where token = @token",
            ("uses", usesAllowed),
            ("expires", expiresMs),
            ("token", token)).ConfigureAwait(false) > 0);

    /// <returns>False when there is no such token.</returns>
    public Task<bool> Remove(string token) =>
        _writer.Execute(async (session, _) => await session.Execute("delete from registration_tokens where token = @token", ("token", token)).ConfigureAwait(false) > 0);

    /// <summary>Sets a use aside while a registration is under way.</summary>
    /// <returns>False when the token is not valid any more.</returns>
    public Task<bool> Begin(string token, long nowMs) =>
        _writer.Execute(async (session, _) => await session.Execute(
            $"update registration_tokens set pending = pending + 1 where token = @token and {Valid}",
            ("token", token),
            ("now", nowMs)).ConfigureAwait(false) > 0);

    /// <summary>The registration that <see cref="Begin"/> set a use aside for has ended.</summary>
    public Task<int> End(string token, bool registered) =>
        _writer.Execute((session, _) => session.Execute(
            "update registration_tokens set pending = pending - 1, completed = completed + @done where token = @token and pending > 0",
            ("done", registered),
            ("token", token)));

    /// <summary>Uses a token for a registration that happens in the same transaction.</summary>
    /// <returns>False when the token is not valid any more.</returns>
    public static async ValueTask<bool> Use(WriteSession session, string token, long nowMs) =>
        await session.Execute(
            $"update registration_tokens set completed = completed + 1 where token = @token and {Valid}",
            ("token", token),
            ("now", nowMs)).ConfigureAwait(false) > 0;

    private static RegistrationTokenRow Map(DbDataReader reader) =>
        new(reader.String(0), reader.NumberOrNull(1), reader.Number(2), reader.Number(3), reader.NumberOrNull(4));
}
