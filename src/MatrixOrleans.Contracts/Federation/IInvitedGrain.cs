using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>Takes invitations that other servers bring to users of a tenant. A stateless worker, key 0.</summary>
[Alias("IInvitedGrain")]
public interface IInvitedGrain : IGrainWithIntegerKey
{
    /// <summary>Keeps the invitation and signs it.</summary>
    /// <returns>The event with the tenant's signature added.</returns>
    /// <exception cref="Protocol.Errors.MatrixException">M_INVALID_PARAM, M_MISSING_PARAM, M_FORBIDDEN, M_INVITE_BLOCKED, M_INCOMPATIBLE_ROOM_VERSION</exception>
    [Alias("Take"), ResponseTimeout("00:02:00")]
    ValueTask<ReadOnlyMemory<byte>> Take(ServerAsker asker, RemoteInvite invite);

    /// <summary>Which rooms have the event: for requests that name no room.</summary>
    [Alias("RoomsOf")]
    ValueTask<IReadOnlyList<RoomId>> RoomsOf(EventId id);

    /// <summary>A third-party identifier was bound to a user of ours who has invitations waiting: asks each inviter's server for the real one.</summary>
    /// <param name="invites">Each <c>{"room_id", "sender", "signed", …}</c>.</param>
    [Alias("Bound"), ResponseTimeout("00:02:00")]
    ValueTask Bound(UserId user, IReadOnlyList<ReadOnlyMemory<byte>> invites);
}

/// <summary>An invitation as it came.</summary>
/// <param name="State"><c>invite_room_state</c>, each entry one JSON object; <c>null</c> when it was missing.</param>
[GenerateSerializer, Immutable, Alias("RemoteInvite")]
public sealed record RemoteInvite(
    [property: Id(0)] RoomId Room,
    [property: Id(1)] EventId EventId,
    [property: Id(2)] string RoomVersion,
    [property: Id(3)] ReadOnlyMemory<byte> Event,
    [property: Id(4)] IReadOnlyList<ReadOnlyMemory<byte>>? State);
