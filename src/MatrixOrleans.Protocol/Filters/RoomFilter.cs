using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Filters;

/// <summary>What a client wants to hear of rooms (Client-Server API, "RoomFilter"). Immutable.</summary>
public sealed class RoomFilter
{
    private RoomFilter()
    {
    }

    /// <summary>Lets everything pass but rooms that the user left.</summary>
    public static RoomFilter All { get; } = new();

    /// <summary>Rooms to include, before any other part of the filter is looked at.</summary>
    public ImmutableHashSet<RoomId>? Rooms { get; private init; }

    /// <summary>Rooms to exclude, even when they are included.</summary>
    public ImmutableHashSet<RoomId>? NotRooms { get; private init; }

    /// <summary>Rooms too that the user has left.</summary>
    public bool IncludeLeave { get; private init; }

    public RoomEventFilter Ephemeral { get; private init; } = RoomEventFilter.All;

    public RoomEventFilter State { get; private init; } = RoomEventFilter.All;

    public RoomEventFilter Timeline { get; private init; } = RoomEventFilter.All;

    public RoomEventFilter AccountData { get; private init; } = RoomEventFilter.All;

    public bool PassesRoom(RoomId room) => Rooms?.Contains(room) != false && NotRooms?.Contains(room) != true;

    internal static RoomFilter Read(JsonElement? source) => source is not { } json
        ? All
        : new RoomFilter
        {
            Rooms = FilterReader.Rooms(json, "rooms"),
            NotRooms = FilterReader.Rooms(json, "not_rooms"),
            IncludeLeave = FilterReader.Boolean(json, "include_leave") ?? false,
            Ephemeral = RoomEventFilter.Read(FilterReader.Object(json, "ephemeral")),
            State = RoomEventFilter.Read(FilterReader.Object(json, "state")),
            Timeline = RoomEventFilter.Read(FilterReader.Object(json, "timeline")),
            AccountData = RoomEventFilter.Read(FilterReader.Object(json, "account_data")),
        };
}
