using System.Collections.ObjectModel;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>One room in a sliding-sync answer, ready to be written; <c>null</c> parts did not change.</summary>
internal sealed record SlidingSection
{
    public required UserRoom Room { get; init; }

    /// <summary>The client replaces what it has of the room.</summary>
    public bool Initial { get; init; }

    /// <summary>For a room that the user is not in, instead of everything else.</summary>
    public ReadOnlyMemory<byte>? Stripped { get; init; }

    public List<TailEvent> Timeline { get; init; } = [];

    public IReadOnlyDictionary<EventId, ReadOnlyMemory<byte>> Relations { get; init; } = ReadOnlyDictionary<EventId, ReadOnlyMemory<byte>>.Empty;

    public bool Limited { get; init; }

    /// <summary>The timeline holds events that were told before.</summary>
    public bool Expanded { get; init; }

    public int LiveCount { get; init; }

    public string? PrevBatch { get; init; }

    public List<Pdu> State { get; init; } = [];

    /// <summary>State that is not any more.</summary>
    public List<StateKey> Deleted { get; init; } = [];

    /// <summary>The text is <c>null</c> when there is no name.</summary>
    public (bool Changed, string? Text) Name { get; init; }

    public (bool Changed, string? Url) Avatar { get; init; }

    public IReadOnlyList<MembershipRow>? Heroes { get; init; }

    public bool? IsDm { get; init; }

    public int? JoinedCount { get; init; }

    public int? InvitedCount { get; init; }

    public UnreadView? Unread { get; init; }

    public long? BumpStamp { get; init; }

    /// <summary>Names of the lists in whose windows the room is.</summary>
    public IReadOnlyList<string> Lists { get; init; } = [];

    /// <summary>Whether there is anything that a client must hear.</summary>
    public bool IsEmpty => !Initial && Stripped is null && Timeline.Count == 0 && State.Count == 0 && Deleted.Count == 0 && !Limited && !Name.Changed && !Avatar.Changed
        && Heroes is null && IsDm is null && JoinedCount is null && Unread is null;
}
