using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Rooms.Directory;

/// <summary>What the room directory tells of a room (Client-Server API, "PublishedRoomsChunk"): a function of its current state.</summary>
public sealed record PublishedRoom
{
    /// <summary>The state that <see cref="Of"/> looks at.</summary>
    public static readonly IReadOnlyList<StateKey> Keys =
    [
        StateKey.Create,
        StateKey.Name,
        StateKey.Topic,
        StateKey.CanonicalAlias,
        StateKey.Avatar,
        StateKey.JoinRules,
        StateKey.HistoryVisibility,
        StateKey.GuestAccess,
    ];

    public required RoomId RoomId { get; init; }

    public string? Name { get; init; }

    public string? Topic { get; init; }

    public string? CanonicalAlias { get; init; }

    public string? AvatarUrl { get; init; }

    public required string JoinRule { get; init; }

    public string? RoomType { get; init; }

    public bool WorldReadable { get; init; }

    public bool GuestCanJoin { get; init; }

    public int JoinedCount { get; init; }

    /// <param name="content">The content of the current state event of a key; <c>null</c> without one.</param>
    public static PublishedRoom Of(RoomId room, int joinedCount, Func<StateKey, JsonElement?> content) => new()
    {
        RoomId = room,
        JoinedCount = joinedCount,
        Name = Text(content(StateKey.Name), "name"),
        Topic = PlainTopic(content(StateKey.Topic)),
        CanonicalAlias = Text(content(StateKey.CanonicalAlias), "alias"),
        AvatarUrl = Text(content(StateKey.Avatar), "url"),

        // Without the event a room can be entered by invitation only.
        JoinRule = Text(content(StateKey.JoinRules), "join_rule") ?? "invite",
        RoomType = Text(content(StateKey.Create), "type"),
        WorldReadable = Text(content(StateKey.HistoryVisibility), "history_visibility") == "world_readable",
        GuestCanJoin = Text(content(StateKey.GuestAccess), "guest_access") == "can_join",
    };

    /// <summary>Whether name, topic or canonical alias has the term, whatever the case.</summary>
    public bool Matches(string? searchTerm) =>
        string.IsNullOrEmpty(searchTerm)
        || Name?.Contains(searchTerm, StringComparison.OrdinalIgnoreCase) == true
        || Topic?.Contains(searchTerm, StringComparison.OrdinalIgnoreCase) == true
        || CanonicalAlias?.Contains(searchTerm, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Writes the room as a PublishedRoomsChunk.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        WriteMembers(writer);
        writer.WriteEndObject();
    }

    /// <summary>The same within an object that has more to tell.</summary>
    public void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("room_id"u8, RoomId.Value);
        Optional("name"u8, Name);
        Optional("topic"u8, Topic);
        Optional("canonical_alias"u8, CanonicalAlias);
        Optional("avatar_url"u8, AvatarUrl);
        writer.WriteString("join_rule"u8, JoinRule);
        Optional("room_type"u8, RoomType);
        writer.WriteNumber("num_joined_members"u8, JoinedCount);
        writer.WriteBoolean("world_readable"u8, WorldReadable);
        writer.WriteBoolean("guest_can_join"u8, GuestCanJoin);

        void Optional(ReadOnlySpan<byte> name, string? value)
        {
            if (value is not null)
            {
                writer.WriteString(name, value);
            }
        }
    }

    /// <summary>The first plain text of the topic's text block, or the topic where there is no block.</summary>
    private static string? PlainTopic(JsonElement? content)
    {
        if (content is { } topic && topic.TryGetProperty("m.topic", out var block) && block.ValueKind == JsonValueKind.Object
            && block.TryGetProperty("m.text", out var texts) && texts.ValueKind == JsonValueKind.Array)
        {
            return texts.EnumerateArray()
                .Where(text => text.ValueKind == JsonValueKind.Object && (!text.TryGetProperty("mimetype", out var type) || (type.ValueKind == JsonValueKind.String && type.ValueEquals("text/plain"u8))))
                .Select(text => Text(text, "body"))
                .FirstOrDefault(text => text is not null);
        }

        return Text(content, "topic");
    }

    /// <summary>A string that says something; an empty name or topic is none.</summary>
    internal static string? Text(JsonElement? parent, string name) =>
        parent is { } present && present.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
