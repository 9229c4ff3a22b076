using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Rooms.Directory;

namespace MatrixOrleans.Grains.Directory;

/// <summary>Walks the tree below a space, depth first, every room once (Client-Server API, <c>GET /rooms/{roomId}/hierarchy</c>).</summary>
internal sealed class SpaceWalk(SummarisedRooms rooms, HierarchyQuery query)
{
    /// <summary>Most rooms of one tree.</summary>
    private const int RoomsMax = 5_000;

    /// <summary>Most children of one space.</summary>
    private const int ChildrenMax = 1_000;

    /// <param name="skip">Rooms that earlier pages had.</param>
    public async ValueTask<(IReadOnlyList<ListedRoom> Rooms, bool More)> Page(RoomId space, int skip)
    {
        var page = new List<ListedRoom>();
        var met = new HashSet<RoomId> { space };
        var stack = new Stack<(RoomId Room, int Depth)>();
        stack.Push((space, 0));
        for (var listed = 0; listed < RoomsMax && stack.TryPop(out var next);)
        {
            if (await rooms.Get(next.Room) is not { IsAccessible: true } room)
            {
                continue;
            }

            if (page.Count == query.Limit)
            {
                return (page, true);
            }

            var children = (await SummarisedRooms.Children(room)).Where(child => child.IsSuggested || !query.SuggestedOnly).Take(ChildrenMax).ToList();
            if (listed++ >= skip)
            {
                page.Add(new ListedRoom(room, children));
            }

            if (next.Depth < query.Depth)
            {
                foreach (var child in Enumerable.Reverse(children.Where(child => met.Add(child.Room)).ToList()))
                {
                    stack.Push((child.Room, next.Depth + 1));
                }
            }
        }

        return (page, false);
    }
}

/// <summary>A room of the tree.</summary>
/// <param name="Children">None unless it is a space.</param>
internal sealed record ListedRoom(SummarisedRoom Room, IReadOnlyList<SpaceChild> Children);
