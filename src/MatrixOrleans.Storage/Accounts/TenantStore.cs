using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Accounts;

public sealed record TenantRow(ServerName Name, long CreatedMs, bool Suspended);

/// <summary>The homeservers of this cluster.</summary>
public sealed class TenantStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal TenantStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<IReadOnlyList<TenantRow>> List() =>
        await _source.Query(
            "select name, created_ms, suspended from tenants order by name",
            static reader => new TenantRow(ServerName.Parse(reader.String(0)), reader.Number(1), reader.Flag(2))).ConfigureAwait(false);

    /// <returns>False when it exists.</returns>
    public Task<bool> Add(ServerName name, long createdMs) =>
        _writer.Execute(async (session, _) => await session.Execute(
            "insert into tenants (name, created_ms) values (@name, @created) on conflict do nothing",
            ("name", name.Value),
            ("created", createdMs)).ConfigureAwait(false) > 0);

    /// <returns>False when there is no such tenant.</returns>
    public Task<bool> Suspend(ServerName name, bool suspended) =>
        _writer.Execute(async (session, _) => await session.Execute(
            "update tenants set suspended = @suspended where name = @name",
            ("suspended", suspended),
            ("name", name.Value)).ConfigureAwait(false) > 0);
}
