using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Grains.Rooms;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Log;

/// <summary>An event of a room as syncs see it, in memory: from the tail of the log, or read back from storage.</summary>
internal sealed class TailEvent
{
    private byte[]? _shared;

    public required Pdu Pdu { get; init; }

    public required long Nid { get; init; }

    /// <summary>Place in the timeline; <c>null</c> for an event that is not shown.</summary>
    public required long? RoomSeq { get; init; }

    /// <summary>Position in the log, set when it is committed.</summary>
    public long Position { get; set; }

    public required long StateBefore { get; init; }

    public required long StateAfter { get; init; }

    public required PushFacts Facts { get; init; }

    public required string? ThreadRoot { get; init; }

    public string? TxnDevice { get; init; }

    public string? TxnId { get; init; }

    /// <summary>The event id that this one redacts, when it may.</summary>
    public string? Redacts { get; init; }

    /// <summary>The redaction of this event, once there is one.</summary>
    public Pdu? RedactedBecause { get; set; }

    /// <summary>The sender's member event in the state before this event, when whoever made the event had it at hand.</summary>
    public Pdu? SenderMember { get; init; }

    /// <summary>The event that a state event replaced, when it was at hand.</summary>
    public Pdu? Replaces { get; init; }

    /// <summary>The event in the client format without closing brace and <c>unsigned</c>; made once for all readers.</summary>
    public byte[] Shared
    {
        get
        {
            if (RedactedBecause is not null)
            {
                return _pruned ??= ClientEvent.SharedBytes(PduReader.ReadStored(Redaction.Redact(Pdu.Root, Pdu.Version), Pdu.Version, Pdu.EventId));
            }

            return _shared ??= ClientEvent.SharedBytes(Pdu);
        }
    }

    /// <summary>The event for a reader to whom it is served redacted, though nobody redacted it.</summary>
    public TailEvent Pruned() => new()
    {
        Pdu = PduReader.ReadStored(Redaction.Redact(Pdu.Root, Pdu.Version), Pdu.Version, Pdu.EventId),
        Nid = Nid,
        RoomSeq = RoomSeq,
        Position = Position,
        StateBefore = StateBefore,
        StateAfter = StateAfter,
        Facts = Facts,
        ThreadRoot = ThreadRoot,
        Redacts = Redacts,
        RedactedBecause = RedactedBecause,
        SenderMember = SenderMember,
    };

    private byte[]? _pruned;
}

/// <summary>One changed key of a room's current state, with the events at hand.</summary>
internal sealed record TailDelta(StateKey Key, long? NewNid, Pdu? New, Membership OldMembership, Membership NewMembership);

/// <summary>One entry of a room: an event, a change of state, or both.</summary>
internal sealed record TailEntry(TailEvent? Event, IReadOnlyList<TailDelta> Deltas, long CurrentState, int JoinedCount, int InvitedCount)
{
    /// <summary>History is missing here: a timeline stops.</summary>
    public bool IsGap { get; init; }
}

/// <summary>What a room hands to the tail with its unit: one entry for each entry of the append, in its order.</summary>
/// <param name="After">The room after the last entry; its position is known when it is committed.</param>
/// <param name="Committed">What the room's readers ask for.</param>
internal sealed record RoomCommit(RoomId RoomId, IReadOnlyList<TailEntry> Entries, RoomSnapshot After, CommittedRoom Committed);
