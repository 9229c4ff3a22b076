using MatrixOrleans.Protocol.Authorization;

namespace MatrixOrleans.Protocol.Push;

/// <summary>What push rules ask of the room beside the event, as it was before the event was sent.</summary>
public readonly record struct PushFacts
{
    /// <summary>The level for a notification that the room says nothing about (<c>m.room.power_levels</c>, <c>notifications</c>).</summary>
    public const long NotificationLevelByDefault = 50;

    private readonly PowerLevels? _levels;

    /// <param name="memberCount">How many users are joined.</param>
    /// <param name="senderPowerLevel">The power level of the event's sender; <see cref="PowerLevels.Creator"/> for one who stands above all levels.</param>
    /// <param name="levels">The room's power levels; <c>null</c> when it has none.</param>
    public PushFacts(long memberCount, long senderPowerLevel, PowerLevels? levels)
    {
        MemberCount = memberCount;
        SenderPowerLevel = senderPowerLevel;
        _levels = levels;
    }

    /// <summary>For facts that were kept with an event: of the sender's rights only the one to notify the room, which then stands for all.</summary>
    public PushFacts(long memberCount, bool senderMayNotifyRoom)
        : this(memberCount, senderMayNotifyRoom ? PowerLevels.Creator : long.MinValue, null)
    {
    }

    public long MemberCount { get; }

    public long SenderPowerLevel { get; }

    /// <summary>Whether the sender's power suffices to notify the whole room, or in another way that the room knows (<c>sender_notification_permission</c>).</summary>
    /// <param name="key">The way, e.g. <c>room</c>.</param>
    public bool SenderMayNotify(string key) => SenderPowerLevel >= (_levels?.Notification(key) ?? NotificationLevelByDefault);
}
