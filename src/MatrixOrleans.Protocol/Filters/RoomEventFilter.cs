using System.Collections.Immutable;
using System.Text.Json;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Protocol.Filters;

/// <summary>
/// Which events of rooms a client wants (Client-Server API, "RoomEventFilter", "StateFilter"); also by itself the <c>filter</c> of
/// <c>/messages</c>, <c>/context</c> and <c>/search</c>. Immutable.
/// </summary>
public sealed class RoomEventFilter : EventFilter
{
    private RoomEventFilter()
    {
    }

    /// <summary>Lets everything pass.</summary>
    public static new RoomEventFilter All { get; } = new();

    /// <summary>Rooms to include.</summary>
    public ImmutableHashSet<RoomId>? Rooms { get; private init; }

    /// <summary>Rooms to exclude, even when they are included.</summary>
    public ImmutableHashSet<RoomId>? NotRooms { get; private init; }

    /// <summary>With <c>true</c> only events with a <c>url</c> in their content, with <c>false</c> only those without.</summary>
    public bool? ContainsUrl { get; private init; }

    /// <summary>Of members, only those that the other events of the answer need.</summary>
    public bool LazyLoadMembers { get; private init; }

    /// <summary>With lazy loading, members even when the client had them before.</summary>
    public bool IncludeRedundantMembers { get; private init; }

    /// <summary>Unread counts for each thread apart.</summary>
    public bool UnreadThreadNotifications { get; private init; }

    /// <summary>Only events that an event of one of these senders relates to; see <see cref="WantsRelated"/>.</summary>
    public ImmutableHashSet<UserId>? RelatedBySenders { get; private init; }

    /// <summary>Only events that another relates to in one of these ways; see <see cref="WantsRelated"/>.</summary>
    public ImmutableHashSet<string>? RelatedByRelTypes { get; private init; }

    /// <summary>Only events that themselves relate to another in one of these ways (MSC3874).</summary>
    public ImmutableHashSet<string>? RelTypes { get; private init; }

    /// <summary>Without events that relate to another in one of these ways (MSC3874).</summary>
    public ImmutableHashSet<string>? NotRelTypes { get; private init; }

    /// <summary>Whether the filter asks what relates to an event, which the event does not tell: the caller looks that up and asks <see cref="PassesRelatedBy"/>.</summary>
    public bool WantsRelated => RelatedBySenders is not null || RelatedByRelTypes is not null;

    public override bool PassesNothing =>
        base.PassesNothing || Rooms is { IsEmpty: true } || RelTypes is { IsEmpty: true } || RelatedBySenders is { IsEmpty: true } || RelatedByRelTypes is { IsEmpty: true };

    public override bool PassesAll =>
        base.PassesAll && Rooms is null && NotRooms is null && ContainsUrl is null && RelTypes is null && NotRelTypes is null && !WantsRelated;

    /// <summary>Reads a filter that stands alone, in a query or a body.</summary>
    /// <exception cref="MatrixException">M_NOT_JSON, M_BAD_JSON, M_TOO_LARGE</exception>
    public static RoomEventFilter Parse(ReadOnlySpan<byte> json) => Read(FilterReader.Root(json));

    /// <summary>Reads a filter within a larger body.</summary>
    /// <param name="source">The object; <c>null</c> when it is absent.</param>
    /// <exception cref="MatrixException">M_BAD_JSON</exception>
    public static new RoomEventFilter Read(JsonElement? source)
    {
        if (source is not { } json)
        {
            return All;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            throw FilterReader.Bad("The filter is no object");
        }

        return new RoomEventFilter
        {
            Limit = FilterReader.Limit(json),
            Types = FilterReader.Patterns(json, "types"),
            NotTypes = FilterReader.Patterns(json, "not_types"),
            Senders = FilterReader.Users(json, "senders"),
            NotSenders = FilterReader.Users(json, "not_senders"),
            Rooms = FilterReader.Rooms(json, "rooms"),
            NotRooms = FilterReader.Rooms(json, "not_rooms"),
            ContainsUrl = FilterReader.Boolean(json, "contains_url"),
            LazyLoadMembers = FilterReader.Boolean(json, "lazy_load_members") ?? false,
            IncludeRedundantMembers = FilterReader.Boolean(json, "include_redundant_members") ?? false,
            UnreadThreadNotifications = FilterReader.Boolean(json, "unread_thread_notifications") ?? false,
            RelatedBySenders = FilterReader.Users(json, "related_by_senders"),
            RelatedByRelTypes = FilterReader.Texts(json, "related_by_rel_types"),
            RelTypes = FilterReader.Texts(json, "org.matrix.msc3874.rel_types"),
            NotRelTypes = FilterReader.Texts(json, "org.matrix.msc3874.not_rel_types"),
        };
    }

    public bool PassesRoom(RoomId room) => Rooms?.Contains(room) != false && NotRooms?.Contains(room) != true;

    /// <summary>Whether the event passes, as far as it tells itself; the room is not looked at.</summary>
    public bool Passes(Pdu pdu) =>
        Passes(pdu.Type, pdu.Sender)
        && (ContainsUrl is not { } wanted || pdu.Content.TryGetProperty("url"u8, out _) == wanted)
        && ((RelTypes is null && NotRelTypes is null) || PassesRelType(pdu));

    /// <summary>Whether an event passes to which another relates.</summary>
    public bool PassesRelatedBy(string relType, UserId sender) =>
        RelatedByRelTypes?.Contains(relType) != false && RelatedBySenders?.Contains(sender) != false;

    private bool PassesRelType(Pdu pdu)
    {
        var relType = pdu.Content.TryGetProperty("m.relates_to"u8, out var relation) && relation.ValueKind == JsonValueKind.Object
            && relation.TryGetProperty("rel_type"u8, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;
        return (RelTypes is null || (relType is not null && RelTypes.Contains(relType)))
            && !(NotRelTypes is not null && relType is not null && NotRelTypes.Contains(relType));
    }
}
