using System.Collections.Immutable;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>What a connection has been told up to one of its answers. Immutable: an answer that got lost leaves the state before it as it was.</summary>
internal sealed record SlidingState
{
    public static readonly SlidingState None = new();

    /// <summary>-1 before the first answer.</summary>
    public long LogPosition { get; init; } = -1;

    public long TypingVersion { get; init; }

    public ImmutableDictionary<long, RoomTold> Rooms { get; init; } = ImmutableDictionary<long, RoomTold>.Empty;

    public ImmutableDictionary<string, int> ListCounts { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>Up to where global account data was told.</summary>
    public long AccountDataUpto { get; init; } = RoomTold.Never;

    /// <summary>Up to where thread subscriptions were told.</summary>
    public long ThreadsUpto { get; init; } = RoomTold.Never;

    public bool IsNew => LogPosition < 0;
}
