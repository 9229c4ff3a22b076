using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms;
using MatrixOrleans.Protocol.Rooms.Directory;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Directory;

/// <summary>Rooms as one user may be told of them, for the time of one request, each looked up once.</summary>
/// <param name="user"><c>null</c> for somebody who is not logged in.</param>
internal sealed class SummarisedRooms(Database database, UserId? user)
{
    private readonly Dictionary<RoomId, SummarisedRoom?> _known = [];

    /// <summary><c>null</c> for a room that is not known here.</summary>
    public async ValueTask<SummarisedRoom?> Get(RoomId id)
    {
        if (!_known.TryGetValue(id, out var known))
        {
            _known[id] = known = await Load(id);
        }

        return known;
    }

    /// <summary>The children of a space, in their order.</summary>
    public static async ValueTask<IReadOnlyList<SpaceChild>> Children(SummarisedRoom space) =>
        space.Summary.IsSpace ? SpaceChild.Ordered(await space.State.OfType(EventTypes.SpaceChild)) : [];

    private async ValueTask<SummarisedRoom?> Load(RoomId id)
    {
        if (await CurrentState.Load(database, id) is not { } state)
        {
            return null;
        }

        var events = await state.Events(RoomSummary.Keys);
        var summary = RoomSummary.Of(
            id, RoomVersions.Get(state.Room.Version), state.JoinedCount, key => events.TryGetValue(key, out var pdu) ? pdu.Content : null);
        var membership = user is { } asking ? (await database.Memberships.Get(state.Room.Nid, asking))?.Membership ?? Membership.None : Membership.None;
        return new SummarisedRoom(state, summary, membership, await IsAccessible(summary, membership));
    }

    /// <summary>The conditions of <c>GET /rooms/{roomId}/hierarchy</c>, which the summary shares.</summary>
    private async ValueTask<bool> IsAccessible(RoomSummary summary, Membership membership)
    {
        if (membership is Membership.Join or Membership.Invite)
        {
            return true;
        }

        if (membership == Membership.Ban)
        {
            return false;
        }

        if (summary.IsForEverybody)
        {
            return true;
        }

        if (!summary.IsRestricted || user is not { } asking)
        {
            return false;
        }

        foreach (var allowed in summary.AllowedRooms)
        {
            if (await database.Rooms.Find(allowed) is { } room && (await database.Memberships.Get(room.Nid, asking))?.Membership == Membership.Join)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A room and how the user who asks stands to it.</summary>
/// <param name="IsAccessible">The user may be told of it.</param>
internal sealed record SummarisedRoom(CurrentState State, RoomSummary Summary, Membership Membership, bool IsAccessible);
