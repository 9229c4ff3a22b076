using System.Collections.Immutable;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Storage.Log;

/// <summary>What a unit does to one room.</summary>
public sealed class RoomAppend
{
    public required long RoomNid { get; init; }

    public required RoomId RoomId { get; init; }

    /// <summary>Set when the unit makes the room.</summary>
    public NewRoom? Create { get; init; }

    /// <summary>The fence: the room's version so far + 1. Each entry takes one version.</summary>
    public required long FirstVersion { get; init; }

    public required IReadOnlyList<RoomEntry> Entries { get; init; }

    /// <summary>Bodies kept without a place in the room (auth chains, prev_events of others). They take no version and no position.</summary>
    public IReadOnlyList<EventRecord> Outliers { get; init; } = [];

    /// <summary>New trie nodes, inserted if absent.</summary>
    public IReadOnlyList<StateNode> Nodes { get; init; } = [];
}

/// <summary>The rows of a new room.</summary>
/// <param name="Version">The room version's identifier.</param>
/// <param name="CreateEventId">Null while only an invite is known.</param>
/// <param name="Federate"><c>m.federate</c> of the create event.</param>
/// <param name="Tenant">The tenant that made it or first took part.</param>
public sealed record NewRoom(string Version, EventId? CreateEventId, bool Federate, ServerName Tenant, long CreatedMs = 0);

/// <summary>How an event stands in its room (the numbers are stored).</summary>
public enum EventClass : short
{
    /// <summary>Kept for its body only: no state, no place, no decision by itself.</summary>
    Outlier = 0,

    /// <summary>In the timeline.</summary>
    Accepted = 1,

    /// <summary>Allowed at its own state, not at the current one: never shown, takes part when referenced.</summary>
    SoftFailed = 2,

    /// <summary>Not allowed. Kept so that it is not judged again.</summary>
    Rejected = 3,
}

/// <summary>What push rules need to know of the room when the event was committed.</summary>
public readonly record struct PushFacts(int MemberCount, bool SenderMayNotifyRoom);

/// <summary><c>m.relates_to</c> with a <c>rel_type</c>.</summary>
public sealed record Relation(EventId Target, string RelType);

/// <summary>One step of a room; takes one version and, unless it is backfill (a negative <see cref="RoomSeq"/>), one position.</summary>
public sealed record RoomEntry
{
    public LogKind Kind { get; init; } = LogKind.Event;

    /// <summary>The body to insert; null when it is stored already (an outlier that is now accepted) or there is none.</summary>
    public EventRecord? Event { get; init; }

    /// <summary>0 without an event.</summary>
    public long EventNid { get; init; }

    /// <summary>Never <see cref="EventClass.Outlier"/>: those go to <see cref="RoomAppend.Outliers"/>.</summary>
    public EventClass Class { get; init; } = EventClass.Accepted;

    /// <summary>The place in the timeline, accepted events only; of a gap or purge, the event that it lies before.</summary>
    public long? RoomSeq { get; init; }

    /// <summary>Root of the state before the event; 0 is the empty state.</summary>
    public long StateBefore { get; init; }

    public long StateAfter { get; init; }

    /// <summary>
    /// The forward extremities after this entry, by <see cref="EventNids.Pack"/>. Null: of an accepted event, this event alone; of anything
    /// else, unchanged.
    /// </summary>
    public byte[]? Extremities { get; init; }

    /// <summary>Joined members of the current state after this entry.</summary>
    public int JoinedCount { get; init; }

    public int InvitedCount { get; init; }

    /// <summary>Root of the room's current state after this entry; differs from <see cref="StateAfter"/> after a fork.</summary>
    public long CurrentState { get; init; }

    public PushFacts Facts { get; init; }

    /// <summary>Event id of the root of the thread that the event is in.</summary>
    public string? ThreadRoot { get; init; }

    public Relation? Relation { get; init; }

    /// <summary>Set when the event redacts another and is allowed to.</summary>
    public string? RedactsEventId { get; init; }

    /// <summary>Set when the event redacts one that is not here yet, and may do so only if that one's sender is of this domain.</summary>
    public (EventId Target, ServerName Domain)? RedactsLater { get; init; }

    /// <summary>Redactions that had waited for this event and redact it now.</summary>
    public IReadOnlyList<(EventId Target, long RedactionNid)> RedactedBy { get; init; } = [];

    /// <summary>
    /// Who tells other servers of the event. Null: the sender's server. Empty: somebody else does already. Else the tenant that took it from another
    /// server and owes it to the rest of the room.
    /// </summary>
    public string? RelayedBy { get; init; }

    /// <summary>The device that sent it, for <c>unsigned.transaction_id</c>.</summary>
    public string? TxnDevice { get; init; }

    public string? TxnId { get; init; }

    /// <summary>What changes in the current state.</summary>
    public IReadOnlyList<StateDelta> Deltas { get; init; } = [];

    /// <summary>Of a gap: the missing ids, in the caller's encoding.</summary>
    public byte[]? Missing { get; init; }
}

/// <summary>An event's body and what is looked up of it.</summary>
/// <param name="Nid">From <see cref="NumberAllocator"/>.</param>
/// <param name="Json">The original bytes.</param>
public sealed record EventRecord(
    long Nid,
    EventId Id,
    string Type,
    string? StateKey,
    UserId Sender,
    long OriginServerTs,
    long Depth,
    ReadOnlyMemory<byte> Json,
    ImmutableArray<EventId> Prev,
    ImmutableArray<EventId> Auth);

/// <summary>One key of the current state that changed. A delta of an <c>m.room.member</c> also moves the user's row in the memberships.</summary>
/// <param name="OldNid">The event that was current; null for none. Must be what the trie has, or the unit is refused (two keys with one hash).</param>
/// <param name="NewNid">Null: the key is gone.</param>
/// <param name="OldMembership">Of a member event.</param>
/// <param name="Sender">Who sent the new event; of a member event.</param>
public sealed record StateDelta(
    string Type,
    string StateKey,
    long? OldNid,
    long? NewNid,
    Membership OldMembership = Membership.None,
    Membership NewMembership = Membership.None,
    string? DisplayName = null,
    string? AvatarUrl = null,
    UserId? Sender = null);

/// <summary>A node of a room's state trie. The id follows from the bytes.</summary>
public sealed record StateNode(long Id, byte[] Bytes);
