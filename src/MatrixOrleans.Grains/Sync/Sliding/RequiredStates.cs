using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Sync.Sliding;
using MatrixOrleans.Storage;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>Reads the state that rules of a sliding sync want, without going through all members of a room when nobody asks for them.</summary>
internal sealed class RequiredStates(RoomWindows windows, Database database)
{
    /// <summary>A state of so few keys is read whole.</summary>
    private const int SmallStateMax = 48;

    /// <param name="members">Users whose member events are wanted besides.</param>
    public async ValueTask<List<Pdu>> Of(UserRoom room, long root, RoomConfig config, IReadOnlyCollection<string> members)
    {
        if (root == 0)
        {
            return [];
        }

        var patterns = config.Patterns.ToList();
        var isWhole = patterns.Exists(pattern => pattern is { Type: null } or { Type: EventTypes.Member, Key: null });
        if (isWhole || (patterns.Exists(pattern => pattern.Key is null) && await database.States.Count(room.RoomNid, root) <= SmallStateMax))
        {
            var all = await windows.WholeState(room.RoomNid, room.RoomVersion, root);
            return all.FindAll(pdu => config.Matches(pdu.Key!.Value) || (pdu.Type == EventTypes.Member && members.Contains(pdu.StateKey!)));
        }

        var keys = patterns.Where(pattern => pattern.Key is not null).Select(pattern => new StateKey(pattern.Type!, pattern.Key!)).ToHashSet();
        keys.UnionWith(await database.Rooms.Lists.Keys(room.RoomNid, [.. patterns.Where(pattern => pattern.Key is null).Select(pattern => pattern.Type!)]));
        keys.RemoveWhere(key => !config.Matches(key));
        keys.UnionWith(members.Select(user => new StateKey(EventTypes.Member, user)));
        var nids = new List<long>(keys.Count);
        foreach (var key in keys)
        {
            if (await database.States.Get(room.RoomNid, root, key) is { } nid)
            {
                nids.Add(nid);
            }
        }

        return await windows.Events(room.RoomNid, room.RoomVersion, nids);
    }
}
