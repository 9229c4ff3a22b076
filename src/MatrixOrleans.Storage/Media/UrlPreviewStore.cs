using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Media;

/// <summary>What was found behind a URL, and when.</summary>
public sealed record UrlPreviewRow(ServerName Tenant, string Url, ReadOnlyMemory<byte> Json, long FetchedMs);

/// <summary>Previews of URLs, each homeserver's own: one does not learn what another's users look at.</summary>
public sealed class UrlPreviewStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal UrlPreviewStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<UrlPreviewRow?> Get(ServerName tenant, string url) => await _source.First(
        "select json, fetched_ms from url_previews where tenant = @tenant and url = @url",
        reader => new UrlPreviewRow(tenant, url, reader.Bytes(0), reader.Number(1)),
        ("tenant", tenant.Value),
        ("url", url)).ConfigureAwait(false);

    public Task Set(UrlPreviewRow row) => _writer.Execute((session, _) => session.Execute(
        """
        insert into url_previews (tenant, url, json, fetched_ms) values (@tenant, @url, @json, @fetched)
        on conflict (tenant, url) do update set json = excluded.json, fetched_ms = excluded.fetched_ms
        """,
        ("tenant", row.Tenant.Value),
        ("url", row.Url),
        ("json", row.Json),
        ("fetched", row.FetchedMs)));

    /// <summary>Removes what was found before this moment.</summary>
    public Task<int> RemoveBefore(long beforeMs) => _writer.Execute((session, _) => session.Execute("delete from url_previews where fetched_ms < @before", ("before", beforeMs)));
}
