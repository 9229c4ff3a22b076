using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Rendezvous;

/// <summary>
/// A mailbox of one message over which two devices meet before they trust each other (MSC4108, MSC4388); key: its id, a secret. In memory only.
/// Every write replaces the message, and only one that was made with knowledge of the last one is taken.
/// </summary>
[Alias("IRendezvousGrain")]
public interface IRendezvousGrain : IGrainWithStringKey
{
    /// <summary>Largest message in bytes.</summary>
    const int BytesMax = 4096;

    /// <summary>Seconds that a mailbox lives.</summary>
    const int LifetimeSeconds = 120;

    [Alias("Create")]
    ValueTask<RendezvousView> Create([Immutable] ReadOnlyMemory<byte> data, string contentType);

    /// <returns><c>null</c> when there is no such mailbox, or none any more.</returns>
    [Alias("Get")]
    ValueTask<RendezvousView?> Get();

    /// <summary>Replaces the message.</summary>
    /// <param name="token">The token of the message that the writer knows.</param>
    /// <returns>The mailbox as it is now and whether the message was taken; <c>null</c> when there is none.</returns>
    [Alias("Put")]
    ValueTask<RendezvousPut?> Put(string token, [Immutable] ReadOnlyMemory<byte> data, string contentType);

    [Alias("Delete")]
    ValueTask<bool> Delete();
}

/// <param name="Token">Changes with every write.</param>
/// <param name="ExpiresMs">When the mailbox ends, in milliseconds since 1970.</param>
/// <param name="ModifiedMs">When the message was written, in milliseconds since 1970.</param>
[GenerateSerializer, Immutable, Alias("RendezvousView")]
public sealed record RendezvousView(
    [property: Id(0)] string Token,
    [property: Id(1)] ReadOnlyMemory<byte> Data,
    [property: Id(2)] string ContentType,
    [property: Id(3)] long ExpiresMs,
    [property: Id(4)] long ModifiedMs);

[GenerateSerializer, Immutable, Alias("RendezvousPut")]
public sealed record RendezvousPut([property: Id(0)] RendezvousView View, [property: Id(1)] bool IsTaken);
