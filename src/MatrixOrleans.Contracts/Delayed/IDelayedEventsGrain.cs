using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Identifiers;
using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Delayed;

/// <summary>Sends events later (MSC4140); key: shard, 0 to <see cref="ShardCount"/> - 1. What was accepted outlives every process.</summary>
[Alias("IDelayedEventsGrain")]
public interface IDelayedEventsGrain : IGrainWithIntegerKey
{
    const int ShardCount = 16;

    /// <summary>Longest delay in milliseconds: a day.</summary>
    const long DelayMsMax = 24L * 3600 * 1000;

    /// <summary>Most events that one user may have waiting.</summary>
    const int PerUserMax = 100;

    /// <summary>The shard of a delay id.</summary>
    static int ShardOf(string delayId) => delayId.Length == 0 ? 0 : char.IsAsciiHexDigitLower(delayId[0]) ? Convert.ToInt32(delayId[..1], 16) : 0;

    /// <summary>Keeps an event for later.</summary>
    /// <returns>The delay id, a secret: who knows it may restart, cancel and send.</returns>
    /// <exception cref="Protocol.Errors.MatrixException">M_UNKNOWN with the errcode of MSC4140 when the delay is too long or too many wait; M_FORBIDDEN for who is not in the room.</exception>
    [Alias("Schedule")]
    ValueTask<string> Schedule(SendRequest request, RoomId room, long delayMs);

    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND</exception>
    [Alias("Update")]
    ValueTask Update(string delayId, DelayedEventAction action);

    /// <summary>Those of a user that wait; any shard answers for all.</summary>
    [Alias("OfUser"), AlwaysInterleave]
    ValueTask<IReadOnlyList<DelayedEventView>> OfUser(UserId user);

    /// <summary>Looks for what is due. Doing it twice does no harm.</summary>
    [Alias("Wake"), OneWay]
    Task Wake();
}

public enum DelayedEventAction
{
    Cancel = 0,

    Restart = 1,

    /// <summary>Now.</summary>
    Send = 2,
}

/// <summary>A delayed event as its owner sees it; times are milliseconds since 1970.</summary>
[GenerateSerializer, Immutable, Alias("DelayedEventView")]
public sealed record DelayedEventView(
    [property: Id(0)] string DelayId,
    [property: Id(1)] RoomId Room,
    [property: Id(2)] string Type,
    [property: Id(3)] string? StateKey,
    [property: Id(4)] long DelayMs,
    [property: Id(5)] long RunningSinceMs,
    [property: Id(6)] ReadOnlyMemory<byte> Content);
