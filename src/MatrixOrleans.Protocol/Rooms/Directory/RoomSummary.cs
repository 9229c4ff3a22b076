using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Rooms.Directory;

/// <summary>What is told of a room before somebody joins it (Client-Server API, "RoomSummary"): a function of its current state.</summary>
public sealed record RoomSummary
{
    /// <summary>Most rooms that a join rule names.</summary>
    private const int AllowedMax = 1_000;

    /// <summary>The state that <see cref="Of"/> looks at.</summary>
    public static readonly IReadOnlyList<StateKey> Keys = [.. PublishedRoom.Keys, StateKey.Encryption];

    public required PublishedRoom Room { get; init; }

    public required RoomVersion Version { get; init; }

    /// <summary>The algorithm of an encrypted room.</summary>
    public string? Encryption { get; init; }

    /// <summary>The rooms whose members may join a restricted room.</summary>
    public IReadOnlyList<RoomId> AllowedRooms { get; init; } = [];

    public bool IsSpace => Room.RoomType == "m.space";

    /// <param name="content">The content of the current state event of a key; <c>null</c> without one.</param>
    public static RoomSummary Of(RoomId room, RoomVersion version, int joinedCount, Func<StateKey, JsonElement?> content)
    {
        var published = PublishedRoom.Of(room, joinedCount, content);
        return new RoomSummary
        {
            Room = published,
            Version = version,
            Encryption = PublishedRoom.Text(content(StateKey.Encryption), "algorithm"),
            AllowedRooms = published.JoinRule is "restricted" or "knock_restricted" ? Allowed(content(StateKey.JoinRules)) : [],
        };
    }

    /// <summary>Whether anybody may be told of the room, even who has no account.</summary>
    public bool IsForEverybody =>
        Room.WorldReadable
        || Room.JoinRule == "public"
        || (Room.JoinRule == "knock" && Version.Knocking)
        || (Room.JoinRule == "knock_restricted" && Version.KnockRestrictedJoin);

    /// <summary>Whether membership of one of <see cref="AllowedRooms"/> lets a user in.</summary>
    public bool IsRestricted =>
        (Room.JoinRule == "restricted" && Version.RestrictedJoin) || (Room.JoinRule == "knock_restricted" && Version.KnockRestrictedJoin);

    /// <summary>Writes the members of a RoomSummary.</summary>
    /// <param name="membership">Of the user who asks; <c>null</c> where that is not told.</param>
    public void WriteMembers(Utf8JsonWriter writer, Membership? membership = null)
    {
        Room.WriteMembers(writer);
        writer.WriteString("room_version"u8, Version.Id);
        if (Encryption is not null)
        {
            writer.WriteString("encryption"u8, Encryption);
        }

        if (AllowedRooms.Count > 0)
        {
            writer.WriteStartArray("allowed_room_ids"u8);
            foreach (var room in AllowedRooms)
            {
                writer.WriteStringValue(room.Value);
            }

            writer.WriteEndArray();
        }

        if (membership is { } known and not Membership.None)
        {
            writer.WriteString("membership"u8, known.Text());
        }
    }

    private static List<RoomId> Allowed(JsonElement? rules)
    {
        var rooms = new List<RoomId>();
        if (rules is { } present && present.TryGetProperty("allow", out var allow) && allow.ValueKind == JsonValueKind.Array)
        {
            foreach (var condition in allow.EnumerateArray().Take(AllowedMax))
            {
                if (condition.ValueKind == JsonValueKind.Object && PublishedRoom.Text(condition, "type") == "m.room_membership"
                    && RoomId.TryParse(PublishedRoom.Text(condition, "room_id"), out var room) && !rooms.Contains(room))
                {
                    rooms.Add(room);
                }
            }
        }

        return rooms;
    }
}
