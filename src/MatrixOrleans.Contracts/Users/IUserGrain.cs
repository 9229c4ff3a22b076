using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Push;
using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Users;

/// <summary>
/// What belongs to one local user: account data, tags, filters, profile and receipts; key: user id. Not on the path of an event.
/// Writes are durable, and have a position in the log, when a call returns. All refusals are <see cref="Protocol.Errors.MatrixException"/>.
/// </summary>
[Alias("IUserGrain")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>The content of account data.</summary>
    /// <param name="room"><c>null</c> for global account data.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND</exception>
    [Alias("AccountData"), AlwaysInterleave]
    ValueTask<ReadOnlyMemory<byte>> AccountData(RoomId? room, string type);

    /// <summary>Sets account data as a client does.</summary>
    /// <param name="content">A JSON object, UTF-8.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_BAD_JSON with status 405 for types that the server manages.</exception>
    [Alias("SetAccountData")]
    ValueTask SetAccountData(RoomId? room, string type, [Immutable] ReadOnlyMemory<byte> content);

    /// <summary>Deletes account data (MSC3391); what is not there changes nothing.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_BAD_JSON with status 405 for types that the server manages.</exception>
    [Alias("DeleteAccountData")]
    ValueTask DeleteAccountData(RoomId? room, string type);

    /// <summary>Sets or, with <c>null</c>, removes a tag of a room (Client-Server API, "Room Tagging").</summary>
    [Alias("SetTag")]
    ValueTask SetTag(RoomId room, string tag, [Immutable] ReadOnlyMemory<byte>? content);

    /// <summary>Keeps a filter; the same filter always gets the same id.</summary>
    [Alias("DefineFilter")]
    ValueTask<string> DefineFilter([Immutable] ReadOnlyMemory<byte> filter);

    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND</exception>
    [Alias("Filter"), AlwaysInterleave]
    ValueTask<ReadOnlyMemory<byte>> Filter(string id);

    /// <summary>The whole profile as a JSON object.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND when there is no such user.</exception>
    [Alias("Profile"), AlwaysInterleave]
    ValueTask<ReadOnlyMemory<byte>> Profile();

    /// <summary>One field of the profile: its JSON value.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND when there is no such user or field.</exception>
    [Alias("ProfileField"), AlwaysInterleave]
    ValueTask<ReadOnlyMemory<byte>> ProfileField(string field);

    /// <summary>
    /// Sets or, with <c>null</c>, removes a field of the profile. A new display name or avatar goes into the user's rooms afterwards,
    /// also when this process ends before it is done.
    /// </summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_PROFILE_TOO_LARGE, M_KEY_TOO_LARGE, M_INVALID_PARAM, M_BAD_JSON</exception>
    [Alias("SetProfileField")]
    ValueTask SetProfileField(string field, [Immutable] ReadOnlyMemory<byte>? value, ProfilePropagation propagation);

    /// <summary>Goes on with member events that an earlier profile change still owes to rooms; nothing when there are none.</summary>
    [Alias("ResumePropagation"), OneWay]
    Task ResumePropagation();

    /// <summary>Moves read receipts and the fully-read marker forwards; markers that would move back stay where they are.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN when the user is not in the room, M_INVALID_PARAM for events or threads that do not fit.</exception>
    [Alias("SetReceipts")]
    ValueTask SetReceipts(RoomId room, [Immutable] IReadOnlyList<ReceiptRequest> receipts);

    /// <summary>One push rule as JSON; all of them are the account data <c>m.push_rules</c>.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND</exception>
    [Alias("PushRule"), AlwaysInterleave]
    ValueTask<ReadOnlyMemory<byte>> PushRule(PushRuleKind kind, string ruleId);

    /// <summary>Adds, changes, switches or removes a push rule.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND; M_INVALID_PARAM, M_BAD_JSON, M_MISSING_PARAM, M_TOO_LARGE, M_UNKNOWN for a rule that cannot be as it is asked.</exception>
    [Alias("ChangePushRule")]
    ValueTask ChangePushRule(PushRuleChange change);

    /// <summary>
    /// Takes over into a room what the user set for the room that it replaces: tags, whether it is a direct chat, push rules
    /// (Client-Server API, "Room Upgrades"). What the new room has already stays; doing it twice changes nothing.
    /// </summary>
    [Alias("FollowUpgrade")]
    ValueTask FollowUpgrade(RoomId old, RoomId replacement);
}

/// <summary>Into which of the user's rooms a new display name or avatar goes (MSC4069, MSC4466).</summary>
public enum ProfilePropagation
{
    /// <summary>All that the user has joined.</summary>
    All = 0,

    /// <summary>Those where the user appeared with the old value.</summary>
    Unchanged = 1,

    /// <summary>None.</summary>
    None = 2,
}

/// <summary>A receipt that a client sends (Client-Server API, "Receipts").</summary>
/// <param name="Type"><c>m.read</c>, <c>m.read.private</c> or <c>m.fully_read</c>.</param>
/// <param name="Event">The event up to which all is read.</param>
/// <param name="Thread"><c>null</c>: unthreaded; else <c>main</c> or the event id of the thread root.</param>
/// <param name="AllowBackward">The fully-read marker may move back (MSC4446).</param>
[GenerateSerializer, Immutable, Alias("ReceiptRequest")]
public sealed record ReceiptRequest(
    [property: Id(0)] string Type, [property: Id(1)] EventId Event, [property: Id(2)] string? Thread, [property: Id(3)] bool AllowBackward = false);
