using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Protocol.Users;

namespace MatrixOrleans.Contracts.Sync;

/// <summary>A sliding sync as a gateway hands it on.</summary>
[GenerateSerializer, Immutable, Alias("SlidingSyncRequest")]
public sealed record SlidingSyncRequest
{
    [Id(0)]
    public required string? DeviceId { get; init; }

    [Id(1)]
    public required SlidingShape Shape { get; init; }

    /// <summary>The client's <c>pos</c>; <c>null</c> for a new connection.</summary>
    [Id(2)]
    public string? Pos { get; init; }

    /// <summary>The request's body, JSON.</summary>
    [Id(3)]
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>As <see cref="SyncRequest.WaitMs"/>.</summary>
    [Id(4)]
    public int WaitMs { get; init; }

    /// <summary>As <see cref="SyncRequest.SetPresence"/>.</summary>
    [Id(5)]
    public PresenceState? SetPresence { get; init; }
}
