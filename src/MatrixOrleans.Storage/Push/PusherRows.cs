using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Storage.Push;

/// <summary>A pusher of a user (Client-Server API, "Push Notifications").</summary>
/// <param name="Id">Random; 0 before it is stored.</param>
/// <param name="Data">The <c>data</c> object, as the client gave it.</param>
/// <param name="DeviceId">The device that made it and with which it ends; empty for a session without one.</param>
/// <param name="SetMs">When the pushkey was set, in milliseconds since 1970.</param>
/// <param name="Badge">The unread count that was last told; null before any.</param>
public sealed record PusherRow(
    long Id,
    UserId UserId,
    string AppId,
    string PushKey,
    string Kind,
    string AppDisplayName,
    string DeviceDisplayName,
    string? ProfileTag,
    string Lang,
    ReadOnlyMemory<byte> Data,
    bool Enabled,
    string DeviceId,
    long SetMs,
    long? Badge = null);

/// <summary>Something that a pusher is to tell.</summary>
/// <param name="Position">Of the event, or of what changed the unread count.</param>
/// <param name="EventNid">0: the unread count changed.</param>
/// <param name="Actions">The actions of the rule that matched, as JSON.</param>
public sealed record PushRow(long PusherId, long Position, long RoomNid, long EventNid, string Actions);

/// <summary>A user with pushers who is in a room.</summary>
/// <param name="Position">Of the newest change of the membership.</param>
public sealed record PushMember(UserId UserId, string? DisplayName, long Position);
