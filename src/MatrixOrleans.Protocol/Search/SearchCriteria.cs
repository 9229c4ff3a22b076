using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Filters;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Search;

/// <summary>What is looked for in the events of rooms (Client-Server API, "Server Side Search"), strictly read.</summary>
public sealed record SearchCriteria
{
    /// <summary>Most words that are looked for together.</summary>
    public const int WordsMax = 20;

    /// <summary>Most results on one page.</summary>
    public const int LimitMax = 100;

    private const int LimitDefault = 10;

    private const int ContextDefault = 5;

    private const int ContextMax = 20;

    private static readonly string[] AllKeys = ["content.body", "content.name", "content.topic"];

    /// <summary>All of which an event must have.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>Of <c>content.body</c>, <c>content.name</c> and <c>content.topic</c>.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    public required RoomEventFilter Filter { get; init; }

    public int Limit { get; init; }

    /// <summary>The newest first; else those that fit best.</summary>
    public bool Recent { get; init; }

    /// <summary>Events before and after each result; <c>null</c> when no context is wanted.</summary>
    public (int Before, int After, bool Profiles)? Context { get; init; }

    public bool IncludeState { get; init; }

    /// <summary><c>room_id</c>, <c>sender</c></summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The criteria for events of rooms; <c>null</c> when the body does not ask for those.</summary>
    /// <exception cref="MatrixException">M_BAD_JSON, M_MISSING_PARAM, M_INVALID_PARAM</exception>
    public static SearchCriteria? Parse(JsonElement body)
    {
        var categories = JsonMembers.Object(body, "search_categories") ?? throw new MatrixException(MatrixError.MissingParam, "search_categories is missing");
        if (JsonMembers.Object(categories, "room_events") is not { } asked)
        {
            return null;
        }

        var filter = RoomEventFilter.Read(JsonMembers.Object(asked, "filter"));
        return new SearchCriteria
        {
            Words = SearchWords.Of(JsonMembers.Text(asked, "search_term") ?? throw new MatrixException(MatrixError.MissingParam, "search_term is missing"), WordsMax),
            Keys = Texts(asked, "keys", AllKeys) is { Count: > 0 } keys ? keys : AllKeys,
            Filter = filter,
            Limit = filter.LimitWithin(LimitDefault, LimitMax),
            Recent = JsonMembers.Text(asked, "order_by") switch
            {
                null or "rank" => false,
                "recent" => true,
                _ => throw new MatrixException(MatrixError.InvalidParam, "order_by must be rank or recent"),
            },
            Context = JsonMembers.Object(asked, "event_context") is { } context
                ? (Count(context, "before_limit"), Count(context, "after_limit"), JsonMembers.Flag(context, "include_profile"))
                : null,
            IncludeState = JsonMembers.Flag(asked, "include_state"),
            Groups = JsonMembers.Object(asked, "groupings") is { } groupings ? GroupKeys(groupings) : [],
        };
    }

    private static List<string> GroupKeys(JsonElement groupings)
    {
        var keys = new List<string>();
        if (JsonMembers.Array(groupings, "group_by", 10) is { } list)
        {
            foreach (var group in list.EnumerateArray())
            {
                keys.Add(group.ValueKind == JsonValueKind.Object && JsonMembers.Text(group, "key") is "room_id" or "sender"
                    ? JsonMembers.Text(group, "key")!
                    : throw new MatrixException(MatrixError.InvalidParam, "The key of a group must be room_id or sender"));
            }
        }

        return [.. keys.Distinct()];
    }

    private static List<string> Texts(JsonElement parent, string name, string[] known)
    {
        if (JsonMembers.Array(parent, name, 10) is not { } list)
        {
            return [];
        }

        return [.. list.EnumerateArray().Select(entry => entry.ValueKind == JsonValueKind.String && known.Contains(entry.GetString())
            ? entry.GetString()!
            : throw new MatrixException(MatrixError.InvalidParam, $"{name} may have {string.Join(", ", known)}")).Distinct()];
    }

    private static int Count(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return ContextDefault;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var count) && count >= 0
            ? (int)Math.Min(count, ContextMax)
            : throw new MatrixException(MatrixError.BadJson, $"{name} must be a non-negative integer");
    }
}
