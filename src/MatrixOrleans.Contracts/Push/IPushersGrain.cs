using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Push;

/// <summary>The pushers of one user, and what the user was notified of; key: user id.</summary>
[Alias("IPushersGrain")]
public interface IPushersGrain : IGrainWithStringKey
{
    /// <summary>All pushers of the user.</summary>
    [Alias("All")]
    ValueTask<IReadOnlyList<PusherView>> All();

    /// <summary>Makes, changes or removes a pusher.</summary>
    /// <param name="deviceId">Of the session that asks: the pusher ends with it. <c>null</c> for a session without a device.</param>
    /// <param name="body">The body of <c>POST /pushers/set</c>.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_MISSING_PARAM, M_INVALID_PARAM, M_BAD_JSON, M_UNKNOWN_TOKEN</exception>
    [Alias("Set")]
    ValueTask Set(string? deviceId, [Immutable] ReadOnlyMemory<byte> body);

    /// <summary>Events that the user was, or would have been, notified of, the newest first.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_INVALID_PARAM</exception>
    [Alias("Notifications")]
    ValueTask<NotificationsPage> Notifications(NotificationsQuery query);
}

/// <summary>A pusher as its user sees it.</summary>
[GenerateSerializer, Immutable, Alias("PusherView")]
public sealed record PusherView
{
    [Id(0)]
    public required string Kind { get; init; }

    [Id(1)]
    public required string AppId { get; init; }

    [Id(2)]
    public required string PushKey { get; init; }

    [Id(3)]
    public required string AppDisplayName { get; init; }

    [Id(4)]
    public required string DeviceDisplayName { get; init; }

    [Id(5)]
    public required string? ProfileTag { get; init; }

    [Id(6)]
    public required string Lang { get; init; }

    /// <summary>A JSON object.</summary>
    [Id(7)]
    public required ReadOnlyMemory<byte> Data { get; init; }

    [Id(8)]
    public required bool Enabled { get; init; }

    /// <summary><c>null</c> when no device made it.</summary>
    [Id(9)]
    public required string? DeviceId { get; init; }
}

/// <param name="From">The <c>next_token</c> of the page before; <c>null</c>: the newest.</param>
/// <param name="HighlightsOnly">Only what stands out.</param>
[GenerateSerializer, Immutable, Alias("NotificationsQuery")]
public sealed record NotificationsQuery([property: Id(0)] string? From, [property: Id(1)] int Limit, [property: Id(2)] bool HighlightsOnly, [property: Id(3)] string? DeviceId);

/// <param name="NextToken"><c>null</c> when there is no more.</param>
[GenerateSerializer, Immutable, Alias("NotificationsPage")]
public sealed record NotificationsPage([property: Id(0)] IReadOnlyList<NotifiedEvent> Notifications, [property: Id(1)] string? NextToken);

/// <param name="Event">In the client format.</param>
/// <param name="Actions">A JSON list.</param>
/// <param name="IsRead">A receipt of the user's covers it.</param>
/// <param name="Ts">Milliseconds since 1970.</param>
[GenerateSerializer, Immutable, Alias("NotifiedEvent")]
public sealed record NotifiedEvent(
    [property: Id(0)] string RoomId, [property: Id(1)] ReadOnlyMemory<byte> Event, [property: Id(2)] string Actions, [property: Id(3)] bool IsRead, [property: Id(4)] long Ts);
