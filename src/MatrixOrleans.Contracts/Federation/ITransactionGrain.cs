using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>
/// Takes the transactions of one server for one tenant, one after another (Server-Server API, "Transactions"). Key: the tenant, a bar, the other server.
/// </summary>
[Alias("ITransactionGrain")]
public interface ITransactionGrain : IGrainWithStringKey
{
    /// <summary>Does a transaction, once: a repeat is answered with what was answered before.</summary>
    /// <returns>The answer's body.</returns>
    [Alias("Receive"), ResponseTimeout("00:03:00")]
    Task<ReadOnlyMemory<byte>> Receive(ReceivedTransaction transaction);
}

/// <summary>A transaction of another server.</summary>
/// <param name="Pdus">In the order in which they came. Each is a JSON object; nothing else of it is checked.</param>
/// <param name="Edus">Likewise.</param>
[GenerateSerializer, Immutable, Alias("ReceivedTransaction")]
public sealed record ReceivedTransaction(
    [property: Id(0)] string TxnId,
    [property: Id(1)] IReadOnlyList<ReadOnlyMemory<byte>> Pdus,
    [property: Id(2)] IReadOnlyList<ReadOnlyMemory<byte>> Edus)
{
    /// <summary>"They can have at most 50 PDUs and 100 EDUs."</summary>
    public const int PdusMax = 50;

    public const int EdusMax = 100;

    /// <summary>The grain that takes them.</summary>
    public static string Key(ServerName tenant, ServerName origin) => $"{tenant}|{origin}";
}
