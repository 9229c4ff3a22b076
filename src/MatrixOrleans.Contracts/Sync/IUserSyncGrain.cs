using MatrixOrleans.Protocol.Users;
using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Sync;

/// <summary>Answers a user's syncs; key: user id. A cache over log and token: two activations are harmless.</summary>
[Alias("IUserSyncGrain")]
public interface IUserSyncGrain : IGrainWithStringKey
{
    /// <summary>
    /// One slice of a sync. Waits up to <see cref="SyncRequest.WaitMs"/> for something to tell, then answers empty
    /// (<see cref="SyncAnswer.IsEmpty"/>); the gateway repeats until the client's time-out is over.
    /// </summary>
    [Alias("Sync"), AlwaysInterleave, ResponseTimeout("00:00:15")]
    ValueTask<SyncAnswer> Sync(SyncRequest request, CancellationToken cancel);

    /// <summary>How many messages the user has not read, of those that the push rules notify of, in all rooms and threads.</summary>
    [Alias("UnreadTotal"), AlwaysInterleave]
    ValueTask<long> UnreadTotal();

    /// <summary>One slice of a sliding sync (MSC4186), in the same way.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_UNKNOWN_POS; what is wrong with the body.</exception>
    [Alias("SlidingSync"), AlwaysInterleave, ResponseTimeout("00:00:15")]
    ValueTask<SyncAnswer> SlidingSync(SlidingSyncRequest request, CancellationToken cancel);
}

[GenerateSerializer, Immutable, Alias("SyncRequest")]
public sealed record SyncRequest
{
    /// <summary>Longest slice that a gateway asks for.</summary>
    public const int WaitMsMax = 10_000;

    [Id(0)]
    public required string? DeviceId { get; init; }

    /// <summary>The client's token; <c>null</c> for an initial sync.</summary>
    [Id(1)]
    public string? Since { get; init; }

    /// <summary>The filter's JSON, or <c>null</c>.</summary>
    [Id(2)]
    public string? Filter { get; init; }

    [Id(3)]
    public bool FullState { get; init; }

    [Id(4)]
    public int WaitMs { get; init; }

    /// <summary>State changes up to the end of the timeline instead of its start (Client-Server API, <c>use_state_after</c>).</summary>
    [Id(5)]
    public bool UseStateAfter { get; init; }

    /// <summary>The member's name is the one before v1.16: <c>org.matrix.msc4222.state_after</c>.</summary>
    [Id(6)]
    public bool UnstableStateAfterName { get; init; }

    /// <summary>Not the first slice of the client's request.</summary>
    [Id(7)]
    public bool IsContinued { get; init; }

    [Id(8)]
    public bool IsGuest { get; init; }

    /// <summary>What the device wants to be taken for while it syncs; <c>null</c> when presence is off.</summary>
    [Id(9)]
    public PresenceState? SetPresence { get; init; }
}

[GenerateSerializer, Immutable, Alias("SyncAnswer")]
public sealed record SyncAnswer
{
    /// <summary>The whole body, UTF-8 JSON.</summary>
    [Id(0)]
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Nothing happened; the gateway may go on waiting with the same token.</summary>
    [Id(1)]
    public required bool IsEmpty { get; init; }
}
