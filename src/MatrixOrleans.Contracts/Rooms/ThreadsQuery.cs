namespace MatrixOrleans.Contracts.Rooms;

/// <summary>Which threads of a room to list.</summary>
/// <param name="Participated">Only those in which the viewer sent the root or an event.</param>
/// <param name="Limit">Most threads; clamped.</param>
/// <param name="From">The token of the page before; <c>null</c>: from the newest.</param>
[GenerateSerializer, Immutable, Alias("ThreadsQuery")]
public sealed record ThreadsQuery([property: Id(0)] bool Participated, [property: Id(1)] int Limit, [property: Id(2)] string? From);

/// <summary>A page of thread roots in the client format.</summary>
/// <param name="NextBatch"><c>null</c> when there is nothing further.</param>
[GenerateSerializer, Immutable, Alias("ThreadsPage")]
public sealed record ThreadsPage([property: Id(0)] IReadOnlyList<ReadOnlyMemory<byte>> Chunk, [property: Id(1)] string? NextBatch);
