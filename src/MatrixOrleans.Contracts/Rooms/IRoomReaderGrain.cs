using MatrixOrleans.Contracts.Search;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>Reads a room from storage as one user may see it; a stateless worker, key: room id. Never in the way of the room's writer.</summary>
[Alias("IRoomReaderGrain")]
public interface IRoomReaderGrain : IGrainWithStringKey
{
    /// <summary>One event; M_NOT_FOUND when it does not exist or may not be seen, in the same words.</summary>
    [Alias("Event")]
    ValueTask<ReadOnlyMemory<byte>> Event(Viewer viewer, EventId id);

    /// <summary>The same with what a redaction took away (MSC2815).</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND; M_FORBIDDEN for those who may not redact others' events.</exception>
    [Alias("UnredactedEvent")]
    ValueTask<ReadOnlyMemory<byte>> UnredactedEvent(Viewer viewer, EventId id);

    [Alias("Messages")]
    ValueTask<EventPage> Messages(Viewer viewer, MessagesQuery query);

    [Alias("Context")]
    ValueTask<ContextPage> Context(Viewer viewer, EventId id, int limit, string? filter);

    /// <summary>The whole current state, or that at the viewer's leaving, in the client format and in pages.</summary>
    /// <param name="cursor"><c>null</c> for the first page, else what the page before gave.</param>
    [Alias("State")]
    ValueTask<StatePage> State(Viewer viewer, StateCursor? cursor);

    /// <summary>One state event: its content, or the whole event.</summary>
    [Alias("StateEvent")]
    ValueTask<ReadOnlyMemory<byte>> StateEvent(Viewer viewer, StateKey key, bool wholeEvent);

    /// <summary>The member events, in pages.</summary>
    [Alias("Members")]
    ValueTask<StatePage> Members(Viewer viewer, MembersQuery query, StateCursor? cursor);

    /// <summary>The joined members, in pages; only for those who are joined themselves.</summary>
    /// <param name="after">The last user id of the page before.</param>
    [Alias("JoinedMembers")]
    ValueTask<JoinedMembersPage> JoinedMembers(Viewer viewer, string? after);

    /// <summary>The events that relate to one (Client-Server API, <c>GET /rooms/{roomId}/relations/{eventId}</c>); M_NOT_FOUND when that may not be seen.</summary>
    [Alias("Relations")]
    ValueTask<RelationsPage> Relations(Viewer viewer, RelationsQuery query);

    /// <summary>The roots of the room's threads, those with the newest events first (Client-Server API, "Querying threads in a room").</summary>
    [Alias("Threads")]
    ValueTask<ThreadsPage> Threads(Viewer viewer, ThreadsQuery query);

    /// <summary>The event nearest to a time, at or after it, or <paramref name="backwards"/> at or before it; <c>null</c> when there is none that may be seen.</summary>
    /// <param name="ts">Milliseconds since 1970.</param>
    [Alias("NearestTo")]
    ValueTask<NearestEvent?> NearestTo(Viewer viewer, long ts, bool backwards);

    /// <summary>Those of some events that the user may see and that pass the filter; none when he may not read the room.</summary>
    [Alias("Found")]
    ValueTask<IReadOnlyList<SearchHit>> Found(Viewer viewer, FoundEvents found);
}

/// <summary>An event by its time.</summary>
[GenerateSerializer, Immutable, Alias("NearestEvent")]
public sealed record NearestEvent([property: Id(0)] EventId EventId, [property: Id(1)] long OriginServerTs);

/// <summary>Who reads.</summary>
[GenerateSerializer, Immutable, Alias("Viewer")]
public sealed record Viewer([property: Id(0)] UserId User, [property: Id(1)] string? DeviceId, [property: Id(2)] bool IsGuest = false);

/// <summary>A page of one state of the room, so that no message holds all of a large room.</summary>
[GenerateSerializer, Immutable, Alias("StatePage")]
public sealed record StatePage(
    [property: Id(0)] IReadOnlyList<ReadOnlyMemory<byte>> Events,
    [property: Id(1)] StateCursor? Next);

/// <summary>Where a walk through one state stands; all its pages are of the same state.</summary>
/// <param name="Root">The state's root.</param>
/// <param name="AfterNid">The number of the last event that was looked at.</param>
/// <param name="Position">The log position at which the walk began.</param>
[GenerateSerializer, Immutable, Alias("StateCursor")]
public sealed record StateCursor([property: Id(0)] long Root, [property: Id(1)] long AfterNid, [property: Id(2)] long Position);

/// <summary>Which members to list.</summary>
[GenerateSerializer, Immutable, Alias("MembersQuery")]
public sealed record MembersQuery
{
    /// <summary>A room or sync token at which to look; <c>null</c>: now.</summary>
    [Id(0)]
    public string? At { get; init; }

    [Id(1)]
    public string? Membership { get; init; }

    /// <summary>Together with <see cref="Membership"/> an "or", as the specification has it.</summary>
    [Id(2)]
    public string? NotMembership { get; init; }
}

[GenerateSerializer, Immutable, Alias("JoinedMember")]
public sealed record JoinedMember([property: Id(0)] string UserId, [property: Id(1)] string? DisplayName, [property: Id(2)] string? AvatarUrl);

/// <param name="More">There are further members behind the last one.</param>
[GenerateSerializer, Immutable, Alias("JoinedMembersPage")]
public sealed record JoinedMembersPage([property: Id(0)] IReadOnlyList<JoinedMember> Members, [property: Id(1)] bool More);

[GenerateSerializer, Immutable, Alias("MessagesQuery")]
public sealed record MessagesQuery
{
    /// <summary>A room token or a sync token; <c>null</c>: from the start (forwards) or the end (backwards).</summary>
    [Id(0)]
    public string? From { get; init; }

    [Id(1)]
    public string? To { get; init; }

    [Id(2)]
    public bool Backwards { get; init; }

    /// <summary>Most events; clamped.</summary>
    [Id(3)]
    public int Limit { get; init; }

    /// <summary>A RoomEventFilter as JSON.</summary>
    [Id(4)]
    public string? Filter { get; init; }
}

/// <summary>A page of events in the client format.</summary>
[GenerateSerializer, Immutable, Alias("EventPage")]
public sealed record EventPage
{
    [Id(0)]
    public required string Start { get; init; }

    /// <summary><c>null</c> when there is nothing further.</summary>
    [Id(1)]
    public string? End { get; init; }

    [Id(2)]
    public required IReadOnlyList<ReadOnlyMemory<byte>> Chunk { get; init; }

    [Id(3)]
    public IReadOnlyList<ReadOnlyMemory<byte>> State { get; init; } = [];
}

[GenerateSerializer, Immutable, Alias("ContextPage")]
public sealed record ContextPage
{
    [Id(0)]
    public required string Start { get; init; }

    [Id(1)]
    public required string End { get; init; }

    [Id(2)]
    public required ReadOnlyMemory<byte> Event { get; init; }

    /// <summary>Newest first.</summary>
    [Id(3)]
    public required IReadOnlyList<ReadOnlyMemory<byte>> Before { get; init; }

    [Id(4)]
    public required IReadOnlyList<ReadOnlyMemory<byte>> After { get; init; }

    [Id(5)]
    public required IReadOnlyList<ReadOnlyMemory<byte>> State { get; init; }
}
