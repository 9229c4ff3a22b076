using MatrixOrleans.Protocol.Events;

namespace MatrixOrleans.Storage.Log;

/// <summary>A change that belongs to a user; one row of the log.</summary>
public abstract record UserEntry(string UserId);

/// <summary>Account data, of a room or global.</summary>
/// <param name="RoomNid">Null: global.</param>
/// <param name="Json">The content; null deletes.</param>
public sealed record AccountDataSet(string UserId, long? RoomNid, string? RoomId, string Type, ReadOnlyMemory<byte>? Json) : UserEntry(UserId);

/// <summary>A receipt. One that would move back changes nothing.</summary>
/// <param name="Type"><c>m.read</c>, <c>m.read.private</c>, <c>m.fully_read</c>.</param>
/// <param name="Thread">Empty: unthreaded; else <c>main</c> or the thread root's event id.</param>
/// <param name="RoomSeq">Place of the event; null when the event is not known yet: the receipt waits for it.</param>
/// <param name="Ts">Milliseconds since 1970.</param>
/// <param name="Json">More of the receipt's body, if any.</param>
public sealed record ReceiptSet(string UserId, long RoomNid, string Type, string Thread, string EventId, long? RoomSeq, long Ts, ReadOnlyMemory<byte>? Json = null)
    : UserEntry(UserId);

/// <summary>A to-device message for one device. A message id that the device already has waiting is not stored twice.</summary>
public sealed record ToDeviceSend(string UserId, string DeviceId, string Sender, string Type, ReadOnlyMemory<byte> Json, string? MessageId = null)
    : UserEntry(UserId);

/// <summary>The user's devices or keys changed.</summary>
public sealed record DeviceListChanged(string UserId) : UserEntry(UserId)
{
    /// <summary>Whom it concerns: rooms that the user is joined to. For the tail alone, not stored.</summary>
    public IReadOnlyCollection<long> Rooms { get; init; } = [];

    /// <summary>The position at which <see cref="Rooms"/> were read, or one before it.</summary>
    public long RoomsPosition { get; init; }
}

/// <summary>One-time or fallback keys of a device came or went.</summary>
public sealed record KeySupplyChanged(string UserId, string DeviceId) : UserEntry(UserId);

/// <summary>The keys of a user, perhaps the same, show something else than before, to <see cref="UserEntry.UserId"/> alone: signatures by the user-signing key, or that key.</summary>
public sealed record SignaturesChanged(string UserId, string TargetUserId) : UserEntry(UserId);

/// <summary>A field of the profile; null deletes.</summary>
public sealed record ProfileSet(string UserId, string Field, ReadOnlyMemory<byte>? Json) : UserEntry(UserId);

/// <summary>The user follows a thread, or does not any more (MSC4306).</summary>
/// <param name="Automatic">The client subscribed by itself.</param>
/// <param name="UnsubscribedSeq">The room's newest event when the user unsubscribed last; null when that never was.</param>
public sealed record ThreadSubscriptionSet(string UserId, long RoomNid, string Root, bool Subscribed, bool Automatic, long? UnsubscribedSeq) : UserEntry(UserId);

/// <summary>The user forgot the room, until a new invite, knock or join.</summary>
public sealed record ForgetSet(string UserId, long RoomNid) : UserEntry(UserId);

/// <summary>A membership that no grain of the room owns: an invite or knock of a room that no tenant is in, and its end.</summary>
/// <param name="Stub">What is known of the room, inserted if absent.</param>
/// <param name="Stripped">The stripped state that came with it.</param>
public sealed record MembershipSet(
    string UserId,
    long RoomNid,
    string RoomId,
    NewRoom? Stub,
    Membership Membership,
    string? Sender,
    ReadOnlyMemory<byte>? Stripped) : UserEntry(UserId)
{
    /// <summary>The membership that it ends.</summary>
    public Membership Before { get; init; }
}
