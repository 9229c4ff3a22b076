namespace MatrixOrleans.Storage.Log;

/// <summary>What a row of the log is about. The numbers are stored.</summary>
public enum LogKind : short
{
    /// <summary>An event of a room was judged: accepted, soft-failed or rejected.</summary>
    Event = 1,

    /// <summary>Current state moved without an event.</summary>
    StateChange = 2,

    /// <summary>Missing prev_events could not be had: timelines stop here.</summary>
    Gap = 3,

    /// <summary>A gap was filled by backfill.</summary>
    GapFilled = 4,

    /// <summary>History before a room_seq is gone.</summary>
    Purge = 5,
    Receipt = 10,
    AccountData = 11,
    ToDevice = 12,
    DeviceList = 13,
    Profile = 14,

    /// <summary>A user's own row about a room: forgotten, invited from afar.</summary>
    Membership = 15,

    /// <summary>One-time or fallback keys of a device were uploaded or claimed.</summary>
    KeySupply = 16,

    /// <summary>A user alone sees other signatures on somebody's keys than before.</summary>
    Signatures = 17,

    /// <summary>A user follows a thread, or does not any more.</summary>
    ThreadSubscription = 25,

    /// <summary>Nothing happened; the positions were moved ahead (after a restore or fail-over).</summary>
    Jump = 30,
}

/// <summary>
/// What is written together: accepted whole or refused whole, in one transaction. Its rows get consecutive positions, the room's entries first,
/// then the users'.
/// </summary>
public sealed class AppendUnit
{
    /// <summary>
    /// Names the activation that built the unit. After its first refusal everything further of it is refused. 0: nobody builds on this unit.
    /// </summary>
    public long ActivationId { get; init; }

    public RoomAppend? Room { get; init; }

    /// <summary>Rows of users; each is one row of the log.</summary>
    public IReadOnlyList<UserEntry> Users { get; init; } = [];

    /// <summary>Stored in the same transaction; the unit is refused when its key is known already.</summary>
    public TxnRecord? Txn { get; init; }

    /// <summary>Handed to <see cref="ICommitObserver"/> untouched: the events in memory, for the tail.</summary>
    public object? Payload { get; init; }

    /// <summary>The bytes that <see cref="LogWriter.TryReserve"/> granted for this unit; given back when it is settled. 0: nothing was reserved.</summary>
    public int ReservedBytes { get; init; }
}

/// <summary>The answer to a client's transaction, kept so that a repeat gets the same.</summary>
/// <param name="Key">user|device or application service|operation|path parameters|transaction id.</param>
/// <param name="Answer">What to answer again.</param>
/// <param name="CreatedMs">When, in milliseconds since 1970.</param>
public sealed record TxnRecord(string Key, string Answer, long CreatedMs);

public enum AppendOutcome
{
    Accepted,

    /// <summary>The room has moved on, or an earlier unit of this activation was refused: forget everything and load again.</summary>
    Fenced,

    /// <summary>The transaction was done before; <see cref="AppendResult.StoredAnswer"/> is its answer.</summary>
    TxnExists,
}

/// <param name="FirstPosition">Position of the unit's first row; 0 unless accepted.</param>
/// <param name="StoredAnswer">Of <see cref="AppendOutcome.TxnExists"/>.</param>
public sealed record AppendResult(AppendOutcome Outcome, long FirstPosition, string? StoredAnswer);

/// <summary>Hears of every commit of this process's writer, once, in commit order, before the callers' tasks complete. Must be quick and must not throw.</summary>
public interface ICommitObserver
{
    void Committed(CommittedBatch batch);
}

/// <summary>The accepted units of one transaction.</summary>
/// <param name="From">First position.</param>
/// <param name="To">Last position; below <paramref name="From"/> when nothing took a position.</param>
/// <param name="Units">In the order of their positions.</param>
public sealed record CommittedBatch(long From, long To, IReadOnlyList<(AppendUnit Unit, long FirstPosition)> Units);
