using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Directory;

/// <summary>A server's published room directory (Client-Server API, "Published room directory"); a stateless worker, key: server name.</summary>
[Alias("IRoomDirectoryGrain")]
public interface IRoomDirectoryGrain : IGrainWithStringKey
{
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND when there is no such room.</exception>
    [Alias("IsPublished")]
    ValueTask<bool> IsPublished(RoomId room);

    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND, and M_FORBIDDEN for those who may not change the room's aliases.</exception>
    [Alias("Publish")]
    ValueTask Publish(RoomId room, bool isPublic, Actor actor);

    /// <summary>A page of the published rooms.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_INVALID_PARAM for a token that is none.</exception>
    /// <summary>Lists a room in a network of an application service, or takes it from there.</summary>
    [Alias("PublishForNetwork")]
    ValueTask PublishForNetwork(RoomId room, string service, string network, bool isPublic);

    [Alias("List")]
    ValueTask<PublicRoomsPage> List(PublicRoomsQuery query);
}

/// <summary>Which published rooms to list.</summary>
[GenerateSerializer, Immutable, Alias("PublicRoomsQuery")]
public sealed record PublicRoomsQuery
{
    /// <summary>Most rooms that one page has.</summary>
    public const int LimitMax = 500;

    /// <summary>Rooms on a page when the client names no number.</summary>
    public const int LimitDefault = 100;

    [Id(0)]
    public required int Limit { get; init; }

    /// <summary>A token of an earlier page; it says the direction too.</summary>
    [Id(1)]
    public string? Since { get; init; }

    /// <summary>Looked for in name, topic and canonical alias, whatever the case.</summary>
    [Id(2)]
    public string? SearchTerm { get; init; }

    /// <summary>Room types to list, <c>null</c> among them for rooms without one; <c>null</c> for all rooms.</summary>
    [Id(3)]
    public IReadOnlyList<string?>? RoomTypes { get; init; }

    /// <summary>The rooms of one third-party network alone: application service and network with a bar between; <c>null</c>: the server's own.</summary>
    [Id(4)]
    public string? Network { get; init; }

    /// <summary>The rooms of all networks beside the server's own.</summary>
    [Id(5)]
    public bool AllNetworks { get; init; }
}

/// <summary>A page of the directory.</summary>
/// <param name="Chunk">Each a PublishedRoomsChunk as JSON, UTF-8.</param>
/// <param name="NextBatch"><c>null</c> on the last page.</param>
/// <param name="PrevBatch"><c>null</c> on the first page.</param>
/// <param name="TotalEstimate">How many rooms match.</param>
[GenerateSerializer, Immutable, Alias("PublicRoomsPage")]
public sealed record PublicRoomsPage(
    [property: Id(0)] IReadOnlyList<ReadOnlyMemory<byte>> Chunk,
    [property: Id(1)] string? NextBatch,
    [property: Id(2)] string? PrevBatch,
    [property: Id(3)] int TotalEstimate);
