using System.Globalization;
using System.Text.Json;
using MatrixOrleans.Protocol.Events;

namespace MatrixOrleans.Protocol.Push;

/// <summary>What push rules ask of the room beside the event, before the event was sent.</summary>
public readonly record struct PushFacts
{
    /// <summary>The level for a notification that the room says nothing about (<c>m.room.power_levels</c>, <c>notifications</c>).</summary>
    public const long NotificationLevelByDefault = 50;

    private readonly JsonElement? _notifications;

    /// <param name="memberCount">How many users are joined.</param>
    /// <param name="senderPowerLevel">The power level of the event's sender; <see cref="long.MaxValue"/> for one who stands above all levels.</param>
    /// <param name="powerLevels">The room's <c>m.room.power_levels</c>, when it has one.</param>
    public PushFacts(long memberCount, long senderPowerLevel, Pdu? powerLevels)
    {
        MemberCount = memberCount;
        SenderPowerLevel = senderPowerLevel;
        _notifications = powerLevels is not null && powerLevels.Content.TryGetProperty("notifications"u8, out var levels) && levels.ValueKind == JsonValueKind.Object
            ? levels
            : null;
    }

    public long MemberCount { get; }

    public long SenderPowerLevel { get; }

    /// <summary>Whether the sender's power suffices to notify the whole room, or in another way that the room knows (<c>sender_notification_permission</c>).</summary>
    /// <param name="key">The way, e.g. <c>room</c>.</param>
    public bool SenderMayNotify(string key) => SenderPowerLevel >= RequiredLevel(key);

    private long RequiredLevel(string key)
    {
        if (_notifications is not { } levels || !levels.TryGetProperty(key, out var level))
        {
            return NotificationLevelByDefault;
        }

        // Room versions before 10 may hold levels as strings.
        return level.ValueKind switch
        {
            JsonValueKind.Number when level.TryGetInt64(out var number) => number,
            JsonValueKind.String when long.TryParse(level.GetString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture, out var number) => number,
            _ => NotificationLevelByDefault,
        };
    }
}
