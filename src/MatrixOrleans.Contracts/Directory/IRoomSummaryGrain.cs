using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Directory;

/// <summary>Tells of rooms before somebody joins them: summaries and the trees of spaces; a stateless worker, key 0.</summary>
[Alias("IRoomSummaryGrain")]
public interface IRoomSummaryGrain : IGrainWithIntegerKey
{
    /// <summary>A room's summary as JSON (Client-Server API, <c>GET /room_summary/{roomIdOrAlias}</c>).</summary>
    /// <param name="user">Who asks; <c>null</c> without a log-in.</param>
    /// <param name="oldNames">Also writes the members that had other names before they were in the specification (MSC3266).</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND, also when the room is not for the user.</exception>
    [Alias("Summary")]
    ValueTask<ReadOnlyMemory<byte>> Summary(RoomId room, UserId? user, bool oldNames);

    /// <summary>A page of the tree below a space (Client-Server API, <c>GET /rooms/{roomId}/hierarchy</c>).</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN when the space is not for the user; M_INVALID_PARAM for a token that does not fit.</exception>
    [Alias("Hierarchy")]
    ValueTask<HierarchyPage> Hierarchy(RoomId space, UserId user, HierarchyQuery query);

    /// <summary>A page of the rooms that two users have both joined, by room id.</summary>
    /// <param name="after">The token of the page before.</param>
    [Alias("Mutual")]
    ValueTask<MutualRoomsPage> Mutual(UserId user, UserId other, string? after);
}

/// <summary>Which part of a space's tree to list.</summary>
[GenerateSerializer, Immutable, Alias("HierarchyQuery")]
public sealed record HierarchyQuery
{
    /// <summary>Most rooms on one page.</summary>
    public const int LimitMax = 50;

    /// <summary>Levels below the space that can be asked for.</summary>
    public const int DepthMax = 50;

    [Id(0)]
    public bool SuggestedOnly { get; init; }

    [Id(1)]
    public int Limit { get; init; } = LimitMax;

    /// <summary>Levels below the space; 0 is the space alone.</summary>
    [Id(2)]
    public int Depth { get; init; } = DepthMax;

    /// <summary>The token of the page before.</summary>
    [Id(3)]
    public string? From { get; init; }
}

/// <param name="Rooms">Each a SpaceHierarchyRoomsChunk as JSON, UTF-8.</param>
/// <param name="NextBatch"><c>null</c> on the last page.</param>
[GenerateSerializer, Immutable, Alias("HierarchyPage")]
public sealed record HierarchyPage([property: Id(0)] IReadOnlyList<ReadOnlyMemory<byte>> Rooms, [property: Id(1)] string? NextBatch);

/// <param name="Count">All that there are, on this page or not.</param>
/// <param name="NextBatch"><c>null</c> on the last page.</param>
[GenerateSerializer, Immutable, Alias("MutualRoomsPage")]
public sealed record MutualRoomsPage([property: Id(0)] IReadOnlyList<RoomId> Rooms, [property: Id(1)] int Count, [property: Id(2)] string? NextBatch);
