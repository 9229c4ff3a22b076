using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Sync.Sliding;

/// <summary>A list of a sliding sync: a window on the rooms that pass its filters.</summary>
/// <param name="Ranges">Both ends belong to it; <c>null</c> for the whole list.</param>
public sealed record SlidingList(ImmutableArray<(int From, int To)>? Ranges, RoomConfig Config, SlidingFilters Filters);

/// <summary>What a client asks of a sliding sync (MSC4186, "Request Body"), read from either shape. Immutable.</summary>
public sealed record SlidingBody
{
    /// <summary>Most lists of one request.</summary>
    public const int ListsMax = 100;

    /// <summary>Most subscriptions of one request.</summary>
    public const int SubscriptionsMax = 1_000;

    /// <summary>Most ranges of one list.</summary>
    public const int RangesMax = 64;

    /// <summary>Most events of a room in one answer; more are not refused but not given.</summary>
    public const int TimelineMax = 100;

    /// <summary>Longest name of a connection or a list.</summary>
    public const int NameLengthMax = 255;

    public required SlidingShape Shape { get; init; }

    public required string ConnectionId { get; init; }

    public string? TxnId { get; init; }

    public string? Pos { get; init; }

    public required ImmutableDictionary<string, SlidingList> Lists { get; init; }

    public required ImmutableDictionary<RoomId, RoomConfig> Subscriptions { get; init; }

    public required SlidingExtensions Extensions { get; init; }

    /// <param name="user">Who asks; stands for <c>$ME</c>.</param>
    /// <exception cref="MatrixException">M_BAD_JSON, M_INVALID_PARAM, M_MISSING_PARAM</exception>
    public static SlidingBody Read(JsonElement body, SlidingShape shape, UserId user) => new()
    {
        Shape = shape,
        ConnectionId = Name(FilterReader.Text(body, "conn_id") ?? "", "conn_id"),
        TxnId = FilterReader.Text(body, "txn_id"),
        Pos = shape == SlidingShape.Stable ? FilterReader.Text(body, "pos") : null,
        Lists = ReadLists(body, shape, user),
        Subscriptions = ReadSubscriptions(body, shape, user),
        Extensions = SlidingExtensions.Read(FilterReader.Object(body, "extensions")),
    };

    private static ImmutableDictionary<string, SlidingList> ReadLists(JsonElement body, SlidingShape shape, UserId user)
    {
        var lists = ImmutableDictionary.CreateBuilder<string, SlidingList>(StringComparer.Ordinal);
        foreach (var member in Members(body, "lists", ListsMax))
        {
            var json = ObjectOf(member);
            lists[Name(member.Name, "lists")] = new SlidingList(
                shape == SlidingShape.Stable ? Range(json) : Ranges(json), Config(json, shape, user), SlidingFilters.Read(FilterReader.Object(json, "filters"), shape));
        }

        return lists.ToImmutable();
    }

    private static ImmutableDictionary<RoomId, RoomConfig> ReadSubscriptions(JsonElement body, SlidingShape shape, UserId user)
    {
        var rooms = ImmutableDictionary.CreateBuilder<RoomId, RoomConfig>();
        foreach (var member in Members(body, "room_subscriptions", SubscriptionsMax))
        {
            rooms[RoomId.FromRequest(member.Name)] = Config(ObjectOf(member), shape, user);
        }

        return rooms.ToImmutable();
    }

    private static RoomConfig Config(JsonElement json, SlidingShape shape, UserId user)
    {
        if (!json.TryGetProperty("timeline_limit", out var limit))
        {
            throw new MatrixException(MatrixError.MissingParam, "timeline_limit is missing");
        }

        if (limit.ValueKind != JsonValueKind.Number || !limit.TryGetInt64(out var events))
        {
            throw FilterReader.Bad("timeline_limit is no integer");
        }

        return events < 0
            ? throw new MatrixException(MatrixError.InvalidParam, "timeline_limit is negative")
            : new RoomConfig((int)Math.Min(events, TimelineMax), [RequiredState.Read(json, shape, user)]);
    }

    private static ImmutableArray<(int From, int To)>? Ranges(JsonElement json)
    {
        if (!json.TryGetProperty("ranges", out var ranges) || ranges.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (ranges.ValueKind != JsonValueKind.Array || ranges.GetArrayLength() > RangesMax)
        {
            throw FilterReader.Bad($"'ranges' is a list of at most {RangesMax} pairs");
        }

        return [.. ranges.EnumerateArray().Select(Pair)];
    }

    private static ImmutableArray<(int From, int To)>? Range(JsonElement json) =>
        json.TryGetProperty("range", out var range) && range.ValueKind != JsonValueKind.Null ? [Pair(range)] : null;

    private static (int From, int To) Pair(JsonElement pair)
    {
        if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2
            || pair[0].ValueKind != JsonValueKind.Number || !pair[0].TryGetInt64(out var from)
            || pair[1].ValueKind != JsonValueKind.Number || !pair[1].TryGetInt64(out var to))
        {
            throw FilterReader.Bad("A range is a pair of integers");
        }

        return from < 0 || to < from
            ? throw new MatrixException(MatrixError.InvalidParam, "A range goes from a smaller index to a larger one")
            : ((int)Math.Min(from, int.MaxValue), (int)Math.Min(to, int.MaxValue));
    }

    private static IEnumerable<JsonProperty> Members(JsonElement body, string name, int countMax)
    {
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw FilterReader.Bad($"'{name}' is no object");
        }

        return value.GetPropertyCount() <= countMax ? value.EnumerateObject() : throw new MatrixException(MatrixError.InvalidParam, $"'{name}' has more than {countMax} entries");
    }

    private static JsonElement ObjectOf(JsonProperty member) => member.Value.ValueKind == JsonValueKind.Object ? member.Value : throw FilterReader.Bad($"'{member.Name}' is no object");

    private static string Name(string name, string what) =>
        name.Length <= NameLengthMax ? name : throw new MatrixException(MatrixError.InvalidParam, $"A name in {what} has at most {NameLengthMax} characters");
}
