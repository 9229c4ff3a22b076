using MatrixOrleans.Protocol.Identifiers;
using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Rooms;

/// <summary>The one writer of a room; key: room id. All refusals are <see cref="Protocol.Errors.MatrixException"/>.</summary>
[Alias("IRoomGrain")]
public interface IRoomGrain : IGrainWithStringKey
{
    /// <summary>Makes the room with its first events in one transaction.</summary>
    [Alias("Create")]
    ValueTask<SendAnswer> Create(CreateRoomCommand command);

    /// <summary>Makes an event of a local user durable. Sends do not wait for each other's commit.</summary>
    [Alias("Send"), AlwaysInterleave]
    ValueTask<SendAnswer> Send(SendRequest request);

    /// <summary>Changes a membership; asking for what is so already answers with the event that made it so.</summary>
    [Alias("ChangeMembership"), AlwaysInterleave]
    ValueTask<SendAnswer> ChangeMembership(MembershipRequest request);

    /// <summary>
    /// Takes events that were made elsewhere: judges each, keeps it, and answers when all that was kept is durable. What was judged before is not judged again.
    /// </summary>
    /// <returns>A verdict for each event, in their order.</returns>
    [Alias("Receive"), AlwaysInterleave, ResponseTimeout("00:05:00")]
    ValueTask<IReadOnlyList<PduVerdict>> Receive(ReceiveCommand command);

    /// <summary>Makes the member event that a local user asked for, signed and allowed now, and leaves it out of the room: another server signs it too first.</summary>
    [Alias("Prepare"), AlwaysInterleave]
    ValueTask<PreparedEvent> Prepare(MembershipRequest request);

    /// <summary>What the member event of another server's user would say, unsigned (Server-Server API, make_join, make_leave, make_knock).</summary>
    [Alias("Template"), AlwaysInterleave]
    ValueTask<PreparedEvent> Template(MembershipRequest request);

    /// <summary>What readers need to know to read the room as it is committed now; <c>null</c> when there is no such room.</summary>
    [Alias("Committed"), AlwaysInterleave, ReadOnly]
    ValueTask<RoomSnapshot?> Committed();
}

/// <summary>A committed version of a room, by reference.</summary>
/// <param name="RoomNid">The room's number in the database.</param>
/// <param name="RoomVersion">The room version's id.</param>
/// <param name="Position">Position in the log of the newest entry of this version.</param>
/// <param name="RoomSeq">Highest <c>room_seq</c>.</param>
/// <param name="CurrentState">Root of the current state.</param>
[GenerateSerializer, Immutable, Alias("RoomSnapshot")]
public sealed record RoomSnapshot(
    [property: Id(0)] long RoomNid,
    [property: Id(1)] string RoomVersion,
    [property: Id(2)] long Version,
    [property: Id(3)] long Position,
    [property: Id(4)] long RoomSeq,
    [property: Id(5)] long CurrentState,
    [property: Id(6)] int JoinedCount,
    [property: Id(7)] int InvitedCount);
