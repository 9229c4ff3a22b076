using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Users;
using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Presence;

/// <summary>
/// Whether a user is there (Client-Server API, "Presence"); key: user id. In memory but for what was set by hand, which outlives the process.
/// </summary>
[Alias("IPresenceGrain")]
public interface IPresenceGrain : IGrainWithStringKey
{
    /// <summary>Milliseconds after its last sync for which a device still counts.</summary>
    const int SeenForMs = 30_000;

    /// <summary>Milliseconds within which a waiting sync tells again that the device is there.</summary>
    const int HeartbeatMs = 10_000;

    /// <summary>Milliseconds for which another server's word counts: servers repeat what lasts, and say when it ends.</summary>
    const int ToldForMs = 30 * 60_000;

    /// <summary>Milliseconds after which other servers are told again of somebody who is still there.</summary>
    const int TellAgainMs = 20 * 60_000;

    /// <summary>What the user says.</summary>
    /// <param name="device">The device that speaks; it counts as seen now.</param>
    /// <param name="status">Text of the user's own; <c>null</c> takes away an earlier one.</param>
    [Alias("Set")]
    ValueTask Set(string device, PresenceState presence, string? status);

    /// <summary>A device syncs.</summary>
    /// <param name="presence">What the device wants to be taken for.</param>
    [Alias("Seen"), AlwaysInterleave]
    ValueTask Seen(string device, PresenceState presence);

    /// <summary>What another homeserver says of its user.</summary>
    [Alias("Told")]
    ValueTask Told(PresenceView view);

    /// <summary>The user's presence as somebody may see it.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND when there is no such user; M_FORBIDDEN when they share no room.</exception>
    [Alias("View"), AlwaysInterleave]
    ValueTask<PresenceView> View(UserId viewer);
}

/// <summary>A user's presence at one moment.</summary>
/// <param name="StatusMessage">Text of the user's own.</param>
/// <param name="LastActiveMs">When the user last did something, in milliseconds since 1970; <c>null</c> when nobody knows.</param>
/// <param name="CurrentlyActive">The user is doing something now.</param>
[GenerateSerializer, Immutable, Alias("PresenceView")]
public sealed record PresenceView(
    [property: Id(0)] UserId User,
    [property: Id(1)] PresenceState Presence,
    [property: Id(2)] string? StatusMessage,
    [property: Id(3)] long? LastActiveMs,
    [property: Id(4)] bool CurrentlyActive);
