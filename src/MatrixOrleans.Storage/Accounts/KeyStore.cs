using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Accounts;

/// <summary>A signing key of a tenant.</summary>
/// <param name="KeyId">e.g. <c>ed25519:a1</c>.</param>
/// <param name="Secret">As the caller wraps it.</param>
/// <param name="ExpiredMs">Null: the key in use.</param>
public sealed record SigningKeyRow(ServerName Tenant, string KeyId, ReadOnlyMemory<byte> Secret, long CreatedMs, long? ExpiredMs);

/// <summary>The tenants' signing keys. A tenant has one key in use, however many processes start at once.</summary>
public sealed class KeyStore
{
    private const string Row = "select tenant, key_id, secret, created_ms, expired_ms from signing_keys ";
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal KeyStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>All keys of a tenant, the newest first.</summary>
    public async Task<IReadOnlyList<SigningKeyRow>> OfTenant(ServerName tenant) =>
        await _source.Query(Row + "where tenant = @tenant order by created_ms desc, key_id", Map, ("tenant", tenant.Value)).ConfigureAwait(false);

    /// <summary>Stores the candidate unless the tenant has a key in use.</summary>
    /// <returns>The key in use: the candidate, or the one that came first.</returns>
    public Task<SigningKeyRow> CurrentOr(SigningKeyRow candidate) =>
        _writer.Execute(async (session, _) =>
        {
            await Insert(session, candidate).ConfigureAwait(false);
            return await session.First(Row + "where tenant = @tenant and expired_ms is null", Map, ("tenant", candidate.Tenant.Value)).ConfigureAwait(false)
                ?? throw new InvalidOperationException($"The key id {candidate.KeyId} of {candidate.Tenant} was used before");
        });

    /// <summary>Puts a new key in use; the old one stays as an old verify key.</summary>
    public Task Rotate(SigningKeyRow next) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute(
                "update signing_keys set expired_ms = @now where tenant = @tenant and expired_ms is null",
                ("now", next.CreatedMs),
                ("tenant", next.Tenant.Value)).ConfigureAwait(false);
            return await Insert(session, next).ConfigureAwait(false) > 0 ? 0 : throw new InvalidOperationException($"The key id {next.KeyId} of {next.Tenant} was used before");
        });

    private static ValueTask<int> Insert(WriteSession session, SigningKeyRow key) =>
        session.Execute(
            "insert into signing_keys (tenant, key_id, secret, created_ms) values (@tenant, @id, @secret, @created) on conflict do nothing",
            ("tenant", key.Tenant.Value),
            ("id", key.KeyId),
            ("secret", key.Secret),
            ("created", key.CreatedMs));

    private static SigningKeyRow Map(DbDataReader reader) =>
        new(ServerName.Parse(reader.String(0)), reader.String(1), reader.Bytes(2), reader.Number(3), reader.NumberOrNull(4));
}
