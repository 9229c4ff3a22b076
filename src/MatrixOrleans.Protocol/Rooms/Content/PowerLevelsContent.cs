using System.Globalization;
using System.Text.Json;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;

namespace MatrixOrleans.Protocol.Rooms.Content;

/// <summary>Whether an <c>m.room.power_levels</c> content of ours keeps the room version's rules.</summary>
public static class PowerLevelsContent
{
    private static readonly string[] Levels = ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"];

    private static readonly string[] Maps = ["users", "events", "notifications"];

    /// <summary>What is wrong, for the error's text; <c>null</c> when nothing is.</summary>
    public static string? Fault(JsonElement content, RoomVersion version)
    {
        foreach (var name in Levels)
        {
            if (content.TryGetProperty(name, out var level) && !IsLevel(level, version))
            {
                return $"{name} must be an integer";
            }
        }

        foreach (var name in Maps)
        {
            if (!content.TryGetProperty(name, out var map))
            {
                continue;
            }

            if (map.ValueKind != JsonValueKind.Object)
            {
                return $"{name} must be an object";
            }

            foreach (var entry in map.EnumerateObject())
            {
                if (!IsLevel(entry.Value, version))
                {
                    return $"The level of {entry.Name} in {name} must be an integer";
                }

                if (name == "users" && !UserId.IsValid(entry.Name))
                {
                    return $"{entry.Name} is not a valid user ID";
                }
            }
        }

        return null;
    }

    private static bool IsLevel(JsonElement level, RoomVersion version) => level.ValueKind switch
    {
        JsonValueKind.Number => level.TryGetInt64(out var value) && Math.Abs(value) <= CanonicalJson.IntegerMax,

        // Room versions before 10 take integers in strings.
        JsonValueKind.String => !version.IntegerPowerLevels && long.TryParse(level.GetString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out _),
        _ => false,
    };
}
