using System.Data.Common;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Federation;

/// <summary>A verify key of another server.</summary>
/// <param name="PublicKey">32 bytes.</param>
/// <param name="ValidUntilMs">Of a current key: what the server said, a week after it was fetched at most.</param>
/// <param name="ExpiredMs">Of an old key: when the server stopped using it.</param>
public sealed record ServerKeyRow(ServerName Server, string KeyId, ReadOnlyMemory<byte> PublicKey, long ValidUntilMs, long? ExpiredMs);

/// <summary>What a server last said of its keys.</summary>
public sealed record ServerKeyAnswer(ReadOnlyMemory<byte> Json, long ValidUntilMs, long FetchedMs);

/// <summary>Keys of other servers. None is ever forgotten: old events need old keys.</summary>
public sealed class ServerKeyStore
{
    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal ServerKeyStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    public async Task<ServerKeyRow?> Find(ServerName server, string keyId) =>
        await _source.First(
            "select server, key_id, public_key, valid_until_ms, expired_ms from server_keys where server = @server and key_id = @key",
            Map,
            ("server", server.Value),
            ("key", keyId)).ConfigureAwait(false);

    /// <summary>The server's last answer; <c>null</c> when there is none.</summary>
    public async Task<ServerKeyAnswer?> Answer(ServerName server) =>
        await _source.First(
            "select json, valid_until_ms, fetched_ms from server_key_answers where server = @server",
            static reader => new ServerKeyAnswer(reader.Bytes(0), reader.Number(1), reader.Number(2)),
            ("server", server.Value)).ConfigureAwait(false);

    /// <summary>Keeps what a server said. A key that it does not name any more stays as it is.</summary>
    /// <param name="isDirect">From the server itself: it replaces a key of the same name. What a notary said does not.</param>
    public Task Save(IReadOnlyList<ServerKeyRow> keys, ServerName server, ServerKeyAnswer answer, bool isDirect) =>
        _writer.Execute(async (session, _) =>
        {
            foreach (var key in keys)
            {
                await session.Execute(
                    $"""
                    insert into server_keys (server, key_id, public_key, valid_until_ms, expired_ms) values (@server, @key, @public, @valid, @expired)
                    on conflict (server, key_id) do update set public_key = excluded.public_key, valid_until_ms = excluded.valid_until_ms, expired_ms = excluded.expired_ms
                    {(isDirect ? "" : "where server_keys.public_key = excluded.public_key and server_keys.valid_until_ms < excluded.valid_until_ms")}
                    """,
                    ("server", key.Server.Value),
                    ("key", key.KeyId),
                    ("public", key.PublicKey),
                    ("valid", key.ValidUntilMs),
                    ("expired", key.ExpiredMs)).ConfigureAwait(false);
            }

            return await session.Execute(
                """
                insert into server_key_answers (server, json, valid_until_ms, fetched_ms) values (@server, @json, @valid, @fetched)
                on conflict (server) do update set json = excluded.json, valid_until_ms = excluded.valid_until_ms, fetched_ms = excluded.fetched_ms
                where server_key_answers.valid_until_ms <= excluded.valid_until_ms
                """,
                ("server", server.Value),
                ("json", answer.Json),
                ("valid", answer.ValidUntilMs),
                ("fetched", answer.FetchedMs)).ConfigureAwait(false);
        });

    private static ServerKeyRow Map(DbDataReader reader) =>
        new(ServerName.Parse(reader.String(0)), reader.String(1), reader.Bytes(2), reader.Number(3), reader.NumberOrNull(4));
}
