using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Search;

/// <summary>Events of one room that an index found, to be read as one user may see them.</summary>
[GenerateSerializer, Immutable, Alias("FoundEvents")]
public sealed record FoundEvents
{
    /// <summary>Numbers of events.</summary>
    [Id(0)]
    public required IReadOnlyList<long> Nids { get; init; }

    /// <summary>A RoomEventFilter as JSON.</summary>
    [Id(1)]
    public string? Filter { get; init; }

    /// <summary>Events before each; negative when no context is wanted.</summary>
    [Id(2)]
    public int Before { get; init; } = -1;

    [Id(3)]
    public int After { get; init; }

    /// <summary>With the names that the senders had then.</summary>
    [Id(4)]
    public bool Profiles { get; init; }
}

/// <summary>A found event that the user may see.</summary>
/// <param name="Context"><c>null</c> unless it was asked for; without its state and its own event.</param>
/// <param name="Profiles">The senders of all these events.</param>
[GenerateSerializer, Immutable, Alias("SearchHit")]
public sealed record SearchHit(
    [property: Id(0)] long Nid,
    [property: Id(1)] EventId EventId,
    [property: Id(2)] UserId Sender,
    [property: Id(3)] ReadOnlyMemory<byte> Event,
    [property: Id(4)] ContextPage? Context,
    [property: Id(5)] IReadOnlyList<JoinedMember> Profiles);
