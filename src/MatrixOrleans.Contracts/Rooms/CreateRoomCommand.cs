using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>One event of a new room, in the order in which it is to be made.</summary>
[GenerateSerializer, Immutable, Alias("InitialEvent")]
public sealed record InitialEvent(
    [property: Id(0)] string Type,
    [property: Id(1)] string StateKey,
    [property: Id(2)] ReadOnlyMemory<byte> Content);

/// <summary>A whole new room: all its first events are kept in one transaction.</summary>
[GenerateSerializer, Immutable, Alias("CreateRoomCommand")]
public sealed record CreateRoomCommand
{
    [Id(0)]
    public required UserId Creator { get; init; }

    [Id(1)]
    public required string RoomVersion { get; init; }

    /// <summary>The signed create event; since room version 12 it gives the room its id.</summary>
    [Id(2)]
    public required ReadOnlyMemory<byte> CreateEvent { get; init; }

    [Id(3)]
    public required EventId CreateEventId { get; init; }

    /// <summary>All further events, the creator's own join first.</summary>
    [Id(4)]
    public required IReadOnlyList<InitialEvent> Events { get; init; }

    /// <summary>Listed in the public room directory of the creator's tenant.</summary>
    [Id(5)]
    public bool IsPublic { get; init; }
}
