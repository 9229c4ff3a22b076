using System.Text.Json;
using MatrixOrleans.Protocol.Authorization;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Rooms.Upgrade;

/// <summary>What an upgrade looks at of the room that it replaces (Client-Server API, "Room Upgrades").</summary>
public sealed record OldRoom
{
    /// <summary>Most bans that go with the room.</summary>
    public const int BansMax = 1_000;

    /// <summary>Most children of a space that go with it.</summary>
    public const int ChildrenMax = 5_000;

    /// <summary>The state events with an empty state key that are looked at; memberships and children of a space come beside them.</summary>
    public static readonly IReadOnlyList<StateKey> Keys =
    [
        StateKey.Create,
        StateKey.PowerLevels,
        StateKey.CanonicalAlias,
        StateKey.Tombstone,
        .. UpgradeBlueprint.Copied.Select(type => new StateKey(type, "")),
    ];

    public required RoomId RoomId { get; init; }

    public required RoomVersion Version { get; init; }

    /// <summary>The current state events of <see cref="Keys"/>, those that there are.</summary>
    public required IReadOnlyDictionary<StateKey, Pdu> State { get; init; }

    /// <summary>The newest event; a reference for clients of room versions whose ids do not come from the create event.</summary>
    public EventId? LastEvent { get; init; }

    /// <summary>Member events of banned users.</summary>
    public IReadOnlyList<Pdu> Bans { get; init; } = [];

    /// <summary>The <c>m.space.child</c> events.</summary>
    public IReadOnlyList<Pdu> Children { get; init; } = [];

    /// <summary>The aliases that move to the new room.</summary>
    public IReadOnlyList<RoomAlias> Aliases { get; init; } = [];

    public PowerLevels Levels => PowerLevels.Of(State.GetValueOrDefault(StateKey.Create), State.GetValueOrDefault(StateKey.PowerLevels));

    public JsonElement? Content(StateKey key) => State.TryGetValue(key, out var pdu) ? pdu.Content : null;

    /// <summary>Whether somebody may replace the room: whoever may send its tombstone.</summary>
    /// <param name="isJoined">The user is in the room.</param>
    public bool MayUpgrade(UserId user, bool isJoined)
    {
        var levels = Levels;
        return isJoined && levels.UserLevel(user) >= levels.RequiredFor(EventTypes.Tombstone, isState: true);
    }
}
