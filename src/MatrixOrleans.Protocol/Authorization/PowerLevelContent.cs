using System.Runtime.CompilerServices;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;

namespace MatrixOrleans.Protocol.Authorization;

/// <summary>The levels that one <c>m.room.power_levels</c> event states, without defaults. Read once for each <see cref="Pdu"/>.</summary>
internal sealed class PowerLevelContent
{
    /// <summary>The properties that hold one level each, in the order of <see cref="Named"/>.</summary>
    public static readonly string[] Names = ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"];

    public const int UsersDefault = 0;
    public const int EventsDefault = 1;
    public const int StateDefault = 2;
    public const int Ban = 3;
    public const int Redact = 4;
    public const int Kick = 5;
    public const int Invite = 6;

    private static readonly Dictionary<string, long> None = [];

    private static readonly ConditionalWeakTable<Pdu, PowerLevelContent> Read = [];

    private PowerLevelContent(JsonElement content, RoomVersion version)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (content.TryGetProperty(Names[i], out var value))
            {
                if (PowerLevelValue.TryRead(value, version, out var level))
                {
                    Named[i] = level;
                }
                else
                {
                    Fault ??= "a level that is no integer";
                }
            }
        }

        Events = ReadMap(content, "events", version, usersOnly: false);
        var faultBeforeNotifications = Fault;
        Notifications = ReadMap(content, "notifications", version, usersOnly: false);
        if (!version.NotificationLevelsChecked)
        {
            Fault = faultBeforeNotifications;
        }

        Users = ReadMap(content, "users", version, usersOnly: true);
    }

    /// <summary>The single levels by the indexes above; <c>null</c> where the event has none or none that can be read.</summary>
    public long?[] Named { get; } = new long?[Names.Length];

    public Dictionary<string, long> Users { get; }

    public Dictionary<string, long> Events { get; }

    public Dictionary<string, long> Notifications { get; }

    /// <summary>Why the room version's rules refuse the content by itself; <c>null</c> when they do not.</summary>
    public string? Fault { get; private set; }

    public static PowerLevelContent Of(Pdu powerLevels) =>
        Read.GetValue(powerLevels, static pdu => new PowerLevelContent(pdu.Content, pdu.Version));

    private Dictionary<string, long> ReadMap(JsonElement content, string name, RoomVersion version, bool usersOnly)
    {
        if (!content.TryGetProperty(name, out var map))
        {
            return None;
        }

        if (map.ValueKind != JsonValueKind.Object)
        {
            Fault ??= $"{name} is no object";
            return None;
        }

        var levels = new Dictionary<string, long>(map.GetPropertyCount(), StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            if (usersOnly && !UserId.IsValid(entry.Name))
            {
                Fault ??= "users has a key that is no user ID";
            }
            else if (PowerLevelValue.TryRead(entry.Value, version, out var level))
            {
                levels[entry.Name] = level;
            }
            else
            {
                Fault ??= $"{name} has a level that is no integer";
            }
        }

        return levels;
    }
}
