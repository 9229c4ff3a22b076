using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Federation;

/// <summary>OpenID tokens, by their hashes.</summary>
public sealed class OpenIdStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal OpenIdStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>Adds a token; expired ones go at the same time.</summary>
    public Task Add(byte[] hash, UserId user, long nowMs, long expiresMs) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute("delete from openid_tokens where expires_ms <= @now", ("now", nowMs)).ConfigureAwait(false);
            return await session.Execute(
                "insert into openid_tokens (hash, user_id, expires_ms) values (@hash, @user, @expires)",
                ("hash", hash),
                ("user", user.Value),
                ("expires", expiresMs)).ConfigureAwait(false);
        });

    public async Task<UserId?> Find(byte[] hash, long nowMs) =>
        await _source.First(
            "select user_id from openid_tokens where hash = @hash and expires_ms > @now",
            static reader => (UserId?)UserId.Parse(reader.String(0)),
            ("hash", hash),
            ("now", nowMs)).ConfigureAwait(false);
}
