using MatrixOrleans.Contracts.Rooms;
using MatrixOrleans.Protocol.Errors;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Visibility;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Reading;

/// <summary>
/// How one user stands to a room at one committed version of it: what state he reads, and how far (DESIGN 5.3). Members read the newest; who left reads
/// the state of his leave and messages up to it; everybody reads a room whose history is world readable now. Which events he sees is decided for each.
/// </summary>
internal sealed record RoomView
{
    public required RoomSnapshot Room { get; init; }

    public required RoomVersion Version { get; init; }

    public required RoomId RoomId { get; init; }

    public required Viewer Viewer { get; init; }

    /// <summary>The state that the user reads.</summary>
    public required long Root { get; init; }

    /// <summary>The last <c>room_seq</c> that the user reads.</summary>
    public required long UpToSeq { get; init; }

    /// <summary>Events before this <c>room_seq</c> were followed by the user's joining, or by his being joined.</summary>
    public required long JoinedUntilSeq { get; init; }

    public bool IsJoined => JoinedUntilSeq == long.MaxValue;

    public long RoomNid => Room.RoomNid;

    /// <summary>The room as the user may read it; <c>null</c> when there is no such room, or not for this user: nobody can tell the two apart.</summary>
    public static async ValueTask<RoomView?> Open(Database database, RoomStates states, IRoomGrain room, RoomId roomId, Viewer viewer)
    {
        if (await room.Committed() is not { } snapshot)
        {
            return null;
        }

        var member = await database.Memberships.Get(snapshot.RoomNid, viewer.User);
        if (member is not null && member.Position > snapshot.Position)
        {
            // The membership moved on while we asked: read the room at a version that knows it.
            snapshot = await room.Committed() ?? snapshot;
        }

        var view = new RoomView
        {
            Room = snapshot,
            Version = RoomVersions.Get(snapshot.RoomVersion),
            RoomId = roomId,
            Viewer = viewer,
            Root = snapshot.CurrentState,
            UpToSeq = snapshot.RoomSeq,
            JoinedUntilSeq = long.MaxValue,
        };
        states.Open(view);
        if (member?.Membership == Membership.Join)
        {
            return view;
        }

        var left = member is null || member.Forgotten ? null : await LastLeave(database, snapshot.RoomNid, viewer.User);
        if (HistoryVisibilityText.Of(await states.Event(snapshot.CurrentState, StateKey.HistoryVisibility)) == HistoryVisibility.WorldReadable)
        {
            return view with { JoinedUntilSeq = left?.RoomSeq ?? long.MinValue };
        }

        return left is { } leave ? view with { Root = leave.Root, UpToSeq = leave.RoomSeq, JoinedUntilSeq = leave.RoomSeq } : null;
    }

    /// <summary>The same for operations that answer M_FORBIDDEN.</summary>
    public static MatrixException Refusal() =>
        new(MatrixError.Forbidden, "You aren't a member of the room and weren't previously a member of the room");

    /// <summary>When the user last ceased to be joined, however he stands to the room now.</summary>
    private static async ValueTask<(long Root, long RoomSeq)?> LastLeave(Database database, long roomNid, UserId user)
    {
        var changes = await database.Memberships.History(user, roomNid);
        return changes.LastOrDefault(c => c.Old == Membership.Join && c.New != Membership.Join) is { } leave
            && await database.Rooms.At(roomNid, leave.Position) is { } at
            ? (at.CurrentState, at.RoomSeq)
            : null;
    }
}
