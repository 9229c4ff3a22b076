using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Rooms;

namespace MatrixOrleans.Grains.Sync;

/// <summary>A room that a user has, or had, something to do with.</summary>
/// <param name="Position">Of the newest change of the membership.</param>
/// <param name="RoomSeq">Of the member event; <c>null</c> when it is not in our timeline.</param>
/// <param name="StateRoot">The room's current state right after that change: what somebody who left may see.</param>
internal sealed record UserRoom(
    long RoomNid, RoomId RoomId, string RoomVersion, Membership Membership, long Position, long? RoomSeq, long? EventNid, long StateRoot, string? Sender, bool Forgotten);

/// <summary>What became of a membership between two positions.</summary>
/// <param name="Before">At the first position.</param>
/// <param name="After">At the second.</param>
/// <param name="Joined">Whether the user (re)joined in between: the room is new to the client then.</param>
internal sealed record MembershipMove(Membership Before, Membership After, bool Joined);

/// <summary>
/// The memberships of one user, kept up to date from the tail of the log; loaded again when the tail has moved on without us.
/// </summary>
internal sealed class UserRooms(UserId user, Database database, Tail tail)
{
    private readonly Dictionary<long, UserRoom> _rooms = [];
    private long _position = -1;

    public IReadOnlyDictionary<long, UserRoom> All => _rooms;

    /// <summary>The tail does not reach back to what is known: it must come from storage.</summary>
    public bool MustLoad => _position < tail.Start;

    /// <summary>Brings the memberships to a position that the tail has reached.</summary>
    /// <returns>Whether the set of rooms changed.</returns>
    public async Task<bool> AdvanceTo(long position)
    {
        if (MustLoad)
        {
            var at = tail.Watermark;
            _rooms.Clear();
            var rows = await database.Memberships.AllOfUser(user);
            _rooms.EnsureCapacity(rows.Count);
            foreach (var row in rows)
            {
                _rooms[row.RoomNid] = FromRow(row);
            }

            _position = at;
            return true;
        }

        var changes = tail.MemberChanges(user.Value, _position, position);
        foreach (var (at, change) in changes)
        {
            // Loading may have read this already: the newer one wins.
            if (!_rooms.TryGetValue(change.RoomNid, out var known) || known.Position < at)
            {
                if (known is { Membership: Membership.Join } && change.Delta.NewMembership == Membership.Join)
                {
                    // A new name or picture: the user has been in since the first join.
                    _rooms[change.RoomNid] = known with { EventNid = change.Delta.NewNid };
                    continue;
                }

                var version = change.Delta.New?.Version.Id ?? change.RoomVersion ?? known?.RoomVersion ?? "";
                _rooms[change.RoomNid] = new UserRoom(
                    change.RoomNid, change.RoomId, version, change.Delta.NewMembership, at, change.RoomSeq, change.Delta.NewNid,
                    change.StateRoot, change.Delta.New?.Sender.Value ?? change.Sender, Forgotten: false);
            }
        }

        foreach (var (at, entry) in tail.UserEntries(user.Value, _position, position))
        {
            if (entry is Storage.Log.ForgetSet forget && _rooms.TryGetValue(forget.RoomNid, out var room) && room.Position < at)
            {
                _rooms[forget.RoomNid] = room with { Forgotten = true };
            }
        }

        _position = Math.Max(_position, position);
        return changes.Count > 0;
    }

    /// <summary>Rooms whose membership changed in (after, upto].</summary>
    public async Task<Dictionary<long, MembershipMove>> Moves(long after, long upto)
    {
        var moves = new Dictionary<long, MembershipMove>();
        if (after >= tail.Start)
        {
            foreach (var (_, change) in tail.MemberChanges(user.Value, after, upto))
            {
                Add(change.RoomNid, change.Delta.OldMembership, change.Delta.NewMembership);
            }
        }
        else
        {
            foreach (var change in await database.Memberships.ChangesOfUser(user, after, upto))
            {
                Add(change.RoomNid, change.Old, change.New);
            }
        }

        return moves;

        void Add(long roomNid, Membership old, Membership now)
        {
            var joined = old != Membership.Join && now == Membership.Join;
            moves[roomNid] = moves.TryGetValue(roomNid, out var move)
                ? move with { After = now, Joined = move.Joined || joined }
                : new MembershipMove(old, now, joined);
        }
    }

    private static UserRoom FromRow(MembershipRow row) => new(
        row.RoomNid, row.RoomId, row.RoomVersion, row.Membership, row.Position, row.RoomSeq, row.EventNid, row.StateRootAfter, row.Sender, row.Forgotten);
}
