using System.Text.Json;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Rooms.Creation;

namespace MatrixOrleans.Protocol.Rooms.Upgrade;

/// <summary>
/// The power levels on both sides of an upgrade: those of the old room in the form of the new one's version, and those that leave the old room to its
/// moderators (Client-Server API, "Room Upgrades", steps 3 and 6).
/// </summary>
public static class UpgradedPowerLevels
{
    private const long Administrator = 100;

    private const long Moderator = 50;

    /// <summary>Above every administrator: since v12 upgrading a room is its creators' right.</summary>
    private const long TombstoneOfCreators = 150;

    private static readonly string[] Maps = ["users", "events", "notifications"];

    /// <summary>The levels of the old room, for the new one.</summary>
    internal static ReadOnlyMemory<byte> Write(OldRoom old, UserId user, RoomVersion version, IReadOnlyList<UserId> additionalCreators)
    {
        var content = old.Content(StateKey.PowerLevels);
        return ContentWriter.Write(writer =>
        {
            foreach (var member in Members(content).Where(m => !Maps.Contains(m.Name)))
            {
                if (PowerLevelValue.TryRead(member.Value, old.Version, out var level))
                {
                    writer.WriteNumber(member.Name, Within(level));
                }
            }

            WriteMap(writer, "users", Users(old, content, user, version, additionalCreators));
            WriteMap(writer, "events", Events(old, content, version));
            WriteMap(writer, "notifications", Map(content, "notifications", old.Version));
        });
    }

    /// <summary>The old room's levels with which only moderators send events and invite there; <c>null</c> when nothing is to change.</summary>
    /// <param name="content">The present <c>m.room.power_levels</c> of the old room.</param>
    public static ReadOnlyMemory<byte>? Restricted(JsonElement content, PowerLevels levels)
    {
        var atLeast = Math.Max(Moderator, Within(levels.UsersDefault) + 1);
        if (levels.EventsDefault >= atLeast && levels.Invite >= atLeast)
        {
            return null;
        }

        return ContentWriter.Write(writer =>
        {
            foreach (var member in content.EnumerateObject().Where(m => m.Name is not ("events_default" or "invite")))
            {
                member.WriteTo(writer);
            }

            writer.WriteNumber("events_default"u8, Within(Math.Max(levels.EventsDefault, atLeast)));
            writer.WriteNumber("invite"u8, Within(Math.Max(levels.Invite, atLeast)));
        });
    }

    private static Dictionary<string, long> Users(OldRoom old, JsonElement? content, UserId user, RoomVersion version, IReadOnlyList<UserId> additionalCreators)
    {
        var users = Map(content, "users", old.Version);
        if (version.PrivilegedCreators)
        {
            // Creators stand above the levels, and may not be named in them.
            users.Remove(user.Value);
            foreach (var creator in additionalCreators)
            {
                users.Remove(creator.Value);
            }
        }
        else if (content is null || old.Version.PrivilegedCreators)
        {
            // Who could do everything without being named has to be named.
            var highest = Math.Max(Administrator, users.Values.Concat(Map(content, "events", old.Version).Values).DefaultIfEmpty().Max());
            foreach (var creator in old.Levels.Creators)
            {
                users[creator.Value] = highest;
            }
        }

        return users;
    }

    private static Dictionary<string, long> Events(OldRoom old, JsonElement? content, RoomVersion version)
    {
        var events = Map(content, "events", old.Version);
        if (version.PrivilegedCreators && !old.Version.PrivilegedCreators)
        {
            events[EventTypes.Tombstone] = Math.Max(events.GetValueOrDefault(EventTypes.Tombstone), Math.Max(TombstoneOfCreators, Within(old.Levels.StateDefault + 1)));
        }

        return events;
    }

    private static void WriteMap(Utf8JsonWriter writer, string name, Dictionary<string, long> map)
    {
        writer.WriteStartObject(name);
        foreach (var (key, level) in map)
        {
            writer.WriteNumber(key, Within(level));
        }

        writer.WriteEndObject();
    }

    /// <summary>A map of levels; entries that the rules of the new version would refuse are left out.</summary>
    private static Dictionary<string, long> Map(JsonElement? content, string name, RoomVersion version)
    {
        var map = new Dictionary<string, long>();
        if (content is { } present && present.TryGetProperty(name, out var members) && members.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in members.EnumerateObject())
            {
                if (PowerLevelValue.TryRead(member.Value, version, out var level) && (name != "users" || UserId.IsValid(member.Name)))
                {
                    map[member.Name] = level;
                }
            }
        }

        return map;
    }

    private static IEnumerable<JsonProperty> Members(JsonElement? content) => content is { } present ? present.EnumerateObject() : [];

    private static long Within(long level) => Math.Clamp(level, -CanonicalJson.IntegerMax, CanonicalJson.IntegerMax);
}
