using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Federation;

/// <summary>Transactions of other servers that were done.</summary>
public sealed class ReceivedStore
{
    /// <summary>How long answers are kept. A server repeats only its last transaction.</summary>
    private const long KeptMs = 24L * 60 * 60 * 1000;

    private readonly SqlSource _source;
    private readonly LogWriter _writer;

    internal ReceivedStore(SqlSource source, LogWriter writer) => (_source, _writer) = (source, writer);

    /// <summary>What was answered; <c>null</c> for a transaction that was not done yet.</summary>
    public async Task<ReadOnlyMemory<byte>?> Answer(ServerName origin, ServerName tenant, string txnId) =>
        await _source.First(
            "select answer from received_transactions where origin = @origin and tenant = @tenant and txn_id = @txn",
            static reader => (ReadOnlyMemory<byte>?)reader.Bytes(0),
            ("origin", origin.Value),
            ("tenant", tenant.Value),
            ("txn", txnId)).ConfigureAwait(false);

    /// <summary>Keeps an answer; older ones of that server go.</summary>
    public Task Done(ServerName origin, ServerName tenant, string txnId, ReadOnlyMemory<byte> answer, long nowMs) =>
        _writer.Execute(async (session, _) =>
        {
            await session.Execute(
                "delete from received_transactions where origin = @origin and tenant = @tenant and created_ms < @before",
                ("origin", origin.Value),
                ("tenant", tenant.Value),
                ("before", nowMs - KeptMs)).ConfigureAwait(false);
            return await session.Execute(
                "insert into received_transactions (origin, tenant, txn_id, answer, created_ms) values (@origin, @tenant, @txn, @answer, @now) on conflict do nothing",
                ("origin", origin.Value),
                ("tenant", tenant.Value),
                ("txn", txnId),
                ("answer", answer),
                ("now", nowMs)).ConfigureAwait(false);
        });
}
