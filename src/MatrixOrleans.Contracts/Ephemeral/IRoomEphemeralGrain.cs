using MatrixOrleans.Protocol.Identifiers;
using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Ephemeral;

/// <summary>What happens in a room and is not kept: who is typing; key: room id. In memory only; a new activation starts a new epoch.</summary>
[Alias("IRoomEphemeralGrain")]
public interface IRoomEphemeralGrain : IGrainWithStringKey
{
    /// <summary>Longest time in milliseconds that one request marks a user as typing.</summary>
    const int TypingTimeoutMsMax = 120_000;

    /// <summary>Time in milliseconds when a request names none.</summary>
    const int TypingTimeoutMsDefault = 30_000;

    /// <summary>Marks a local user as typing for a time, or as not typing any more.</summary>
    /// <param name="timeoutMs">Clamped to <see cref="TypingTimeoutMsMax"/>; 0 ends it.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN when the user has not joined the room.</exception>
    [Alias("SetTyping")]
    ValueTask SetTyping(UserId user, int timeoutMs);

    [Alias("View"), AlwaysInterleave, ReadOnly]
    ValueTask<TypingView> View();
}

/// <summary>Who is typing, at one moment.</summary>
/// <param name="Epoch">Names the grain's life; versions of different epochs do not compare.</param>
/// <param name="Version">Grows with every change; 0 when nobody typed yet.</param>
/// <param name="Users">In the order in which they began.</param>
[GenerateSerializer, Immutable, Alias("TypingView")]
public sealed record TypingView([property: Id(0)] uint Epoch, [property: Id(1)] long Version, [property: Id(2)] IReadOnlyList<UserId> Users);
