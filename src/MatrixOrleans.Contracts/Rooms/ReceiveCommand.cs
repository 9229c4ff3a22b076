using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>Events of a room that were made elsewhere: read, checked for size, hash and signatures, and in an order in which none comes before what it follows.</summary>
[GenerateSerializer, Immutable, Alias("ReceiveCommand")]
public sealed record ReceiveCommand
{
    [Id(0)]
    public required IReadOnlyList<IncomingPdu> Events { get; init; }

    /// <summary>Set when the room may not be known yet: what its first event makes of it.</summary>
    [Id(1)]
    public NewRoomFacts? NewRoom { get; init; }

    /// <summary>Where history is missing, after the events.</summary>
    [Id(2)]
    public GapMove? Gap { get; init; }
}

/// <summary>Backfill moved the end of known history.</summary>
/// <param name="FilledSeq">The place where nothing is missing any more.</param>
/// <param name="NextSeq">The place before which something is missing now; <c>null</c>: the beginning was reached.</param>
[GenerateSerializer, Immutable, Alias("GapMove")]
public sealed record GapMove([property: Id(0)] long FilledSeq, [property: Id(1)] long? NextSeq, [property: Id(2)] IReadOnlyList<EventId> Missing);

/// <summary>A room that is known from another server's answer.</summary>
[GenerateSerializer, Immutable, Alias("NewRoomFacts")]
public sealed record NewRoomFacts(
    [property: Id(0)] long RoomNid,
    [property: Id(1)] string RoomVersion,
    [property: Id(2)] EventId CreateEventId,
    [property: Id(3)] bool Federates,
    [property: Id(4)] ServerName Tenant);

/// <summary>One event from outside.</summary>
[GenerateSerializer, Immutable, Alias("IncomingPdu")]
public sealed record IncomingPdu
{
    [Id(0)]
    public required EventId EventId { get; init; }

    /// <summary>The event; redacted already where its hash did not match.</summary>
    [Id(1)]
    public required ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>Of <c>prev_events</c> that cannot be had: the state after each, as another server gave it. A gap is kept before the event then.</summary>
    [Id(2)]
    public IReadOnlyList<GivenState> States { get; init; } = [];

    /// <summary>
    /// The event begins the room anew for us: nobody of ours was in it, and what was known of it is old. Its state is the room's.
    /// </summary>
    [Id(3)]
    public bool Rejoins { get; init; }

    /// <summary>Set for history from before what is known: it takes this place, a negative one, and changes nothing.</summary>
    [Id(4)]
    public long? BackfillSeq { get; init; }

    /// <summary>Who tells other servers: <c>null</c> the sender's server, empty somebody else, else this tenant.</summary>
    [Id(5)]
    public string? RelayedBy { get; init; }

    /// <summary>Not to be kept when the current state does not allow it, as when a server asks us to take part (send_join and its like).</summary>
    [Id(6)]
    public bool MustBeAllowedNow { get; init; }

    /// <summary>Set for an event that its own auth events do not allow, and that only others' auth events name: kept as rejected.</summary>
    [Id(7)]
    public string? Rejection { get; init; }
}

/// <summary>The state after an event that is not here.</summary>
/// <param name="Root">Of the room's trie; its nodes are stored.</param>
[GenerateSerializer, Immutable, Alias("GivenState")]
public sealed record GivenState([property: Id(0)] EventId Prev, [property: Id(1)] long Root);

/// <summary>How an event stands after it was received (Server-Server API, "Checks performed on receipt of a PDU").</summary>
public enum PduStanding
{
    Accepted = 1,
    SoftFailed = 2,
    Rejected = 3,

    /// <summary>Not judged: events in <c>prev_events</c> are not known.</summary>
    LacksPrevEvents = 4,

    /// <summary>Not judged: events in <c>auth_events</c> are not known.</summary>
    LacksAuthEvents = 5,

    /// <summary>Not kept.</summary>
    Refused = 6,
}

/// <param name="Reason">Why it is not accepted; else empty.</param>
/// <param name="Missing">The events that are lacking.</param>
/// <param name="IsNew">Whether it was judged just now.</param>
[GenerateSerializer, Immutable, Alias("PduVerdict")]
public sealed record PduVerdict(
    [property: Id(0)] EventId EventId,
    [property: Id(1)] PduStanding Standing,
    [property: Id(2)] string Reason,
    [property: Id(3)] IReadOnlyList<EventId> Missing,
    [property: Id(4)] bool IsNew);

/// <summary>An event that is made but not yet in its room: it needs another server first.</summary>
[GenerateSerializer, Immutable, Alias("PreparedEvent")]
public sealed record PreparedEvent(
    [property: Id(0)] string RoomVersion,
    [property: Id(1)] EventId EventId,
    [property: Id(2)] ReadOnlyMemory<byte> Json);
