using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>Which of the events that relate to another to list.</summary>
[GenerateSerializer, Immutable, Alias("RelationsQuery")]
public sealed record RelationsQuery
{
    [Id(0)]
    public required EventId Event { get; init; }

    /// <summary><c>null</c>: every kind of relation.</summary>
    [Id(1)]
    public string? RelType { get; init; }

    /// <summary><c>null</c>: events of every type.</summary>
    [Id(2)]
    public string? EventType { get; init; }

    /// <summary>A room token or a sync token; <c>null</c>: from the start (forwards) or the end (backwards).</summary>
    [Id(3)]
    public string? From { get; init; }

    [Id(4)]
    public string? To { get; init; }

    [Id(5)]
    public bool Backwards { get; init; }

    /// <summary>Most events; clamped.</summary>
    [Id(6)]
    public int Limit { get; init; }

    /// <summary>Whether events that relate to related events are wanted too.</summary>
    [Id(7)]
    public bool Recurse { get; init; }
}

/// <summary>A page of related events in the client format.</summary>
/// <param name="NextBatch">Where to go on; <c>null</c> when there is nothing further.</param>
/// <param name="PrevBatch">Where this page began; <c>null</c> for the first one.</param>
/// <param name="RecursionDepth">How many levels of relations were followed.</param>
[GenerateSerializer, Immutable, Alias("RelationsPage")]
public sealed record RelationsPage(
    [property: Id(0)] IReadOnlyList<ReadOnlyMemory<byte>> Chunk,
    [property: Id(1)] string? NextBatch,
    [property: Id(2)] string? PrevBatch,
    [property: Id(3)] int RecursionDepth);
