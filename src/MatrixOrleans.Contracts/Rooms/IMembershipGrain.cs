using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>
/// Membership as users ask for it: finds the room, adds the names of the user, looks whether an invitation is wanted, and hands the change
/// to the room. A stateless worker, key 0.
/// </summary>
[Alias("IMembershipGrain")]
public interface IMembershipGrain : IGrainWithIntegerKey
{
    /// <summary>Joins or knocks on a room that is named by its id or an alias.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND, M_FORBIDDEN, M_GUEST_ACCESS_FORBIDDEN and what the room says.</exception>
    [Alias("Enter"), ResponseTimeout("00:06:00")]
    ValueTask<RoomId> Enter(EnterRequest request);

    /// <summary>Any other change of a membership.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_INVITE_BLOCKED and what the room says.</exception>
    [Alias("Change"), ResponseTimeout("00:06:00")]
    ValueTask<SendAnswer> Change(RoomId room, MembershipRequest request);

    /// <summary>Has the guests leave a room that lets none in any more (Client-Server API, "Guest access"); else does nothing.</summary>
    [Alias("RemoveGuests")]
    ValueTask RemoveGuests(RoomId room);

    /// <summary>Hides a room that the user is not in from the user.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_UNKNOWN with status 400 while the user is in the room.</exception>
    [Alias("Forget")]
    ValueTask Forget(UserId user, RoomId room);

    /// <summary>The rooms that the user has joined.</summary>
    [Alias("JoinedRooms")]
    ValueTask<IReadOnlyList<RoomId>> JoinedRooms(UserId user);
}

/// <summary>A user's wish to get into a room.</summary>
[GenerateSerializer, Immutable, Alias("EnterRequest")]
public sealed record EnterRequest
{
    /// <summary><see cref="MembershipAction.Join"/> or <see cref="MembershipAction.Knock"/>.</summary>
    [Id(0)]
    public required MembershipAction Action { get; init; }

    [Id(1)]
    public required UserId User { get; init; }

    /// <summary>The room's id, unless <see cref="Alias"/> is given.</summary>
    [Id(2)]
    public RoomId? Room { get; init; }

    [Id(3)]
    public RoomAlias? Alias { get; init; }

    /// <summary>Servers to enter through, when no user of this cluster is in the room.</summary>
    [Id(4)]
    public IReadOnlyList<ServerName> Via { get; init; } = [];

    [Id(5)]
    public string? Reason { get; init; }

    [Id(6)]
    public bool IsGuest { get; init; }
}
