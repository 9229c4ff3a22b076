using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>An event from outside that was judged: what becomes of the room, or why nothing does.</summary>
internal sealed class Received
{
    public required PduVerdict Verdict { get; init; }

    /// <summary><c>null</c> when nothing is to be stored.</summary>
    public RoomHead? Head { get; init; }

    public Place? Place { get; init; }

    public IReadOnlyList<RoomEntry> Entries { get; init; } = [];

    /// <summary>One for each entry that takes a position.</summary>
    public IReadOnlyList<TailEntry> Tail { get; init; } = [];

    public IReadOnlyList<StateNode> Nodes { get; init; } = [];

    /// <summary>What changed in the current state.</summary>
    public IReadOnlyList<(StateKey Key, StateEntry? Entry)> Changes { get; init; } = [];

    public static Received Nothing(EventId id, PduStanding standing, string reason, IReadOnlyList<EventId>? missing = null, bool isNew = false) =>
        new() { Verdict = new PduVerdict(id, standing, reason, missing ?? [], isNew) };

    public static PduStanding Standing(EventClass @class) => @class switch
    {
        EventClass.Accepted => PduStanding.Accepted,
        EventClass.SoftFailed => PduStanding.SoftFailed,
        _ => PduStanding.Rejected,
    };
}
