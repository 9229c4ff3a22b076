using System.Collections.Immutable;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Storage.Rooms;

/// <summary>A room that is known here.</summary>
/// <param name="Version">The room version's identifier.</param>
/// <param name="CreateEventId">Null while only an invite is known.</param>
public sealed record RoomRecord(long Nid, RoomId Id, string Version, EventId? CreateEventId, bool Federate, ServerName Tenant, long CreatedMs);

/// <summary>Where a room stands.</summary>
/// <param name="Version">Count of its entries; 0 for a room without any.</param>
/// <param name="LastRoomSeq">0 before the first event.</param>
/// <param name="FirstRoomSeq">The lowest in use: negative where history was backfilled; 1 in a room without backfill.</param>
/// <param name="CurrentState">Root.</param>
/// <param name="Extremities">Event numbers.</param>
public sealed record RoomHead(
    long Version,
    long LastRoomSeq,
    long FirstRoomSeq,
    long LastPosition,
    long CurrentState,
    IReadOnlyList<long> Extremities,
    int JoinedCount,
    int InvitedCount);

/// <summary>An event as stored, with its place.</summary>
/// <param name="Position">0 without one: outliers and backfill.</param>
/// <param name="StateBefore">Root; 0 also for an outlier.</param>
/// <param name="RedactedByNid">An allowed redaction of it.</param>
/// <param name="TxnDevice">The device that sent it with <paramref name="TxnId"/>, for <c>unsigned.transaction_id</c>.</param>
/// <param name="RelayedBy">See <see cref="RoomEntry.RelayedBy"/>.</param>
public sealed record StoredEvent(
    long Nid,
    long RoomNid,
    string EventId,
    string Type,
    string? StateKey,
    string Sender,
    long OriginServerTs,
    long Depth,
    ReadOnlyMemory<byte> Json,
    EventClass Class,
    long? RoomSeq,
    long Position,
    long Version,
    long StateBefore,
    long StateAfter,
    PushFacts Facts,
    string? ThreadRoot,
    long? RedactedByNid,
    string? TxnDevice,
    string? TxnId,
    string? RelayedBy = null);

/// <summary>The newest events of a stretch of the timeline.</summary>
/// <param name="Limited">There are older ones in the stretch.</param>
public sealed record TimelineSlice(IReadOnlyList<StoredEvent> Events, bool Limited);

/// <summary>A room as of a position.</summary>
public sealed record RoomVersionAt(long Version, long Position, long CurrentState, int JoinedCount, int InvitedCount, long RoomSeq);

/// <summary>One key of the current state that changed.</summary>
public sealed record DeltaRow(long Position, string Type, string StateKey, long? OldNid, long? NewNid);

/// <summary>Missing history before the event at <paramref name="RoomSeq"/>; <paramref name="Missing"/> is in the encoding of who wrote it.</summary>
public sealed record GapRow(long RoomSeq, ReadOnlyMemory<byte> Missing);

/// <summary>An event's place in the DAG.</summary>
public sealed record EventEdges(long Nid, EventId Id, long Depth, ImmutableArray<EventId> Prev, ImmutableArray<EventId> Auth);

/// <summary>An event that relates to another.</summary>
public sealed record RelationRow(string TargetId, string RelType, StoredEvent Event);

/// <summary>A user in a room, now.</summary>
/// <param name="EventNid">The member event; null for an invite from a room that no tenant is in.</param>
/// <param name="Position">Of the change that brought it about.</param>
/// <param name="StateRootAfter">The room's current state after that change: what somebody who left may see.</param>
/// <param name="Stripped">State that came with an invite from afar.</param>
public sealed record MembershipRow(
    long RoomNid,
    RoomId RoomId,
    string RoomVersion,
    UserId UserId,
    Membership Membership,
    long? EventNid,
    long? RoomSeq,
    long Position,
    long StateRootAfter,
    string? Sender,
    bool Forgotten,
    string? DisplayName,
    string? AvatarUrl,
    ReadOnlyMemory<byte>? Stripped);

/// <summary>A change of one user's membership of one room.</summary>
public sealed record MembershipChange(string UserId, long RoomNid, long Position, long? EventNid, Membership Old, Membership New);
