using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Sync.Sliding;

/// <summary>Which rooms a list of a sliding sync holds (MSC4186, "SlidingRoomFilter"); <c>null</c> does not matter. Immutable.</summary>
public sealed record SlidingFilters
{
    public static readonly SlidingFilters None = new();

    public bool? IsDm { get; private init; }

    public bool? IsEncrypted { get; private init; }

    public bool? IsInvite { get; private init; }

    /// <summary>Rooms that a joined one of these spaces names as its children.</summary>
    public ImmutableHashSet<RoomId>? Spaces { get; private init; }

    /// <summary>The <c>type</c> of the create event; the empty string for rooms without one.</summary>
    public ImmutableHashSet<string>? RoomTypes { get; private init; }

    public ImmutableHashSet<string>? NotRoomTypes { get; private init; }

    public ImmutableHashSet<string>? Tags { get; private init; }

    public ImmutableHashSet<string>? NotTags { get; private init; }

    internal static SlidingFilters Read(JsonElement? source, SlidingShape shape) => source is not { } json ? None : new SlidingFilters
    {
        IsDm = FilterReader.Boolean(json, "is_dm"),
        IsEncrypted = FilterReader.Boolean(json, "is_encrypted"),
        IsInvite = FilterReader.Boolean(json, shape == SlidingShape.Stable ? "is_invited" : "is_invite"),
        Spaces = FilterReader.Rooms(json, "spaces"),
        RoomTypes = Types(json, "room_types"),
        NotRoomTypes = Types(json, "not_room_types"),
        Tags = FilterReader.Texts(json, "tags"),
        NotTags = FilterReader.Texts(json, "not_tags"),
    };

    private static ImmutableHashSet<string>? Types(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > FilterReader.EntriesMax)
        {
            throw FilterReader.Bad($"'{name}' is no list, or too long");
        }

        return [.. list.EnumerateArray().Select(entry => entry.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.String => entry.GetString()!,
            _ => throw FilterReader.Bad($"'{name}' wants strings and null"),
        })];
    }
}
