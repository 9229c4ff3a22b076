using System.Text.Json;
using MatrixOrleans.Grains.Log;
using MatrixOrleans.Protocol.Events;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Grains.Sync.Sliding;

/// <summary>
/// What the lists of one user filter rooms by: direct chats, tags, kinds, encryption, spaces. Each is looked up when a filter first asks, and
/// kept up to date from the tail then.
/// </summary>
internal sealed class RoomTraits(UserId user, UserRooms rooms, RoomKinds kinds, RoomWindows windows, Database database, Tail tail)
{
    private const string DirectType = "m.direct";
    private const string TagType = "m.tag";

    private readonly Dictionary<long, bool> _encrypted = [];
    private HashSet<string>? _direct;
    private Dictionary<long, HashSet<string>>? _tags;
    private HashSet<long>? _onceJoined;
    private long _position = -1;

    public UserId User => user;

    /// <summary>Takes what happened up to a position; forgets everything when the tail does not reach back.</summary>
    public void AdvanceTo(long upto)
    {
        if (_position < tail.Start)
        {
            (_direct, _tags, _onceJoined) = (null, null, null);
            _encrypted.Clear();
        }
        else if (_position < upto)
        {
            foreach (var (_, entry) in tail.UserEntries(user.Value, _position, upto))
            {
                Take(entry);
            }

            if (_onceJoined is not null)
            {
                foreach (var (_, change) in tail.MemberChanges(user.Value, _position, upto))
                {
                    if (change.Delta.OldMembership == Membership.Join && change.Delta.NewMembership != Membership.Join)
                    {
                        _onceJoined.Add(change.RoomNid);
                    }
                }
            }

            if (_encrypted.Count > 0)
            {
                foreach (var nid in tail.Touched(rooms.All, _position, upto))
                {
                    if (tail.RoomEntries(nid, _position, upto).Exists(entry => entry.Item.Deltas.Any(delta => delta.Key == StateKey.Encryption)))
                    {
                        _encrypted.Remove(nid);
                    }
                }
            }
        }

        _position = Math.Max(_position, upto);
    }

    /// <summary>Whether the user's <c>m.direct</c> names the room.</summary>
    public async ValueTask<bool> IsDirect(UserRoom room)
    {
        _direct ??= Direct((await database.AccountData.Get(user, null, DirectType))?.Json);
        return _direct.Contains(room.RoomId.Value);
    }

    public async ValueTask<IReadOnlySet<string>> Tags(UserRoom room)
    {
        if (_tags is null)
        {
            var rows = await database.AccountData.OfType(user, TagType);
            _tags ??= rows.ToDictionary(row => row.RoomNid!.Value, row => TagsOf(row.Json));
        }

        return _tags.GetValueOrDefault(room.RoomNid) ?? [];
    }

    /// <summary>Kinds of many rooms at once; of an invite from afar, what its stripped state says.</summary>
    public async ValueTask<IReadOnlyDictionary<long, string>> Kinds(IReadOnlyCollection<UserRoom> of)
    {
        var known = await kinds.Of([.. of.Select(room => room.RoomNid)]);
        if (known.Count == of.Count)
        {
            return known;
        }

        var all = new Dictionary<long, string>(known);
        foreach (var room in of.Where(room => !known.ContainsKey(room.RoomNid)))
        {
            all[room.RoomNid] = await Stripped(room, EventTypes.Create) is { } content && content.TryGetProperty("type", out var kind) && kind.ValueKind == JsonValueKind.String
                ? kind.GetString()!
                : "";
        }

        return all;
    }

    public async ValueTask<bool> IsEncrypted(UserRoom room, long upto)
    {
        if (room.Membership != Membership.Join)
        {
            return room.StateRoot != 0
                ? await windows.StateEvent(room.RoomNid, room.RoomVersion, room.StateRoot, StateKey.Encryption) is not null
                : await Stripped(room, EventTypes.Encryption) is not null;
        }

        if (!_encrypted.TryGetValue(room.RoomNid, out var isEncrypted))
        {
            var root = (await database.Rooms.At(room.RoomNid, upto))?.CurrentState ?? 0;
            _encrypted[room.RoomNid] = isEncrypted = await windows.StateEvent(room.RoomNid, room.RoomVersion, root, StateKey.Encryption) is not null;
        }

        return isEncrypted;
    }

    /// <summary>Whether the user was in a room that they are not in any more.</summary>
    public async ValueTask<bool> WasJoined(UserRoom room)
    {
        _onceJoined ??= [.. await database.Rooms.Lists.OnceJoined(user)];
        return _onceJoined.Contains(room.RoomNid);
    }

    /// <summary>Rooms that joined ones of the spaces name as their children.</summary>
    public async ValueTask<HashSet<string>> Children(IEnumerable<RoomId> spaces, long upto)
    {
        var children = new HashSet<string>();
        var wanted = spaces.ToHashSet();
        foreach (var space in rooms.All.Values.Where(room => room.Membership == Membership.Join && wanted.Contains(room.RoomId)).ToList())
        {
            var root = (await database.Rooms.At(space.RoomNid, upto))?.CurrentState ?? 0;
            foreach (var key in await database.Rooms.Lists.Keys(space.RoomNid, [EventTypes.SpaceChild]))
            {
                if (await windows.StateEvent(space.RoomNid, space.RoomVersion, root, key) is { } child
                    && child.Content.TryGetProperty("via", out var via) && via.ValueKind == JsonValueKind.Array && via.GetArrayLength() > 0)
                {
                    children.Add(key.Key);
                }
            }
        }

        return children;
    }

    private void Take(UserEntry entry)
    {
        if (entry is AccountDataSet { Type: DirectType, RoomNid: null } direct && _direct is not null)
        {
            _direct = Direct(direct.Json);
        }
        else if (entry is AccountDataSet { Type: TagType, RoomNid: { } nid } tags && _tags is not null)
        {
            _tags[nid] = TagsOf(tags.Json);
        }
    }

    private static HashSet<string> Direct(ReadOnlyMemory<byte>? json)
    {
        var found = new HashSet<string>();
        if (json is { } stored && JsonElement.Parse(stored.Span) is { ValueKind: JsonValueKind.Object } root)
        {
            foreach (var list in root.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Array))
            {
                found.UnionWith(list.Value.EnumerateArray().Where(room => room.ValueKind == JsonValueKind.String).Select(room => room.GetString()!));
            }
        }

        return found;
    }

    private static HashSet<string> TagsOf(ReadOnlyMemory<byte>? json) =>
        json is { } stored && JsonElement.Parse(stored.Span) is { ValueKind: JsonValueKind.Object } root
        && root.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Object
            ? [.. tags.EnumerateObject().Select(tag => tag.Name)]
            : [];

    private async ValueTask<JsonElement?> Stripped(UserRoom room, string type)
    {
        if ((await database.Memberships.Get(room.RoomNid, user))?.Stripped is not { } given)
        {
            return null;
        }

        foreach (var state in JsonElement.Parse(given.Span).EnumerateArray())
        {
            if (state.TryGetProperty("type", out var found) && found.ValueEquals(type) && state.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Object)
            {
                return content;
            }
        }

        return null;
    }
}
