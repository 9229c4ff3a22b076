using BitFaster.Caching.Lru;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.State;

/// <summary>
/// States of rooms as immutable, content-addressed hash tries from (type, state key) to event number: a change adds the nodes of one path, forks
/// share the rest, equal states have the same root (DESIGN 5.2). A root is a number; 0 is the empty state. Nodes are cached in memory, so most calls
/// answer at once; new nodes become durable with the unit that carries them.
/// </summary>
public sealed class StateStore
{
    private const int NodeBytesTypical = 300;
    private const int LoadCountMax = 1000;

    private readonly SqlSource _source;
    private readonly byte[] _secret;
    private readonly ConcurrentLru<(long RoomNid, long Id), byte[]> _nodes;
    private readonly ConcurrentLru<long, RoomHashes> _hashes;

    internal StateStore(SqlSource source, byte[] secret, long cacheBytesMax)
    {
        _source = source;
        _secret = secret;
        _nodes = new ConcurrentLru<(long, long), byte[]>((int)Math.Clamp(cacheBytesMax / NodeBytesTypical, 16_384, int.MaxValue / 2));
        _hashes = new ConcurrentLru<long, RoomHashes>(16_384);
    }

    /// <summary>The place of a key in the room's trie.</summary>
    public StateKeyHash Hash(long roomNid, StateKey key) => Hashes(roomNid).Key(key);

    /// <summary>The event that sets the key, or null.</summary>
    public ValueTask<long?> Get(long roomNid, long root, StateKey key) =>
        TryGetCached(roomNid, root, key, out var nid) ? new ValueTask<long?>(nid) : GetLoading(roomNid, root, key);

    /// <summary>False when a node on the way is not in memory: then await <see cref="Get"/>.</summary>
    public bool TryGetCached(long roomNid, long root, StateKey key, out long? eventNid)
    {
        eventNid = null;
        return Walk(roomNid, root, Hashes(roomNid).Key(key).Value, out eventNid) == 0;
    }

    /// <summary>The event numbers of the whole state, in no particular order.</summary>
    public async Task<IReadOnlyList<long>> All(long roomNid, long root)
    {
        var entries = new List<Entry>();
        await Collect(roomNid, [root], entries).ConfigureAwait(false);
        return entries.ConvertAll(entry => entry.Nid);
    }

    /// <summary>How many keys the state has.</summary>
    public async ValueTask<int> Count(long roomNid, long root)
    {
        if (root == 0)
        {
            return 0;
        }

        var nodes = await Load(roomNid, [root]).ConfigureAwait(false);
        return Node.Count(nodes[root]);
    }

    /// <summary>The keys in which two states differ, with the event of either; equal subtrees are not looked at.</summary>
    public async Task<IReadOnlyList<(StateKeyHash Key, long? A, long? B)>> Diff(long roomNid, long rootA, long rootB)
    {
        var differences = new List<(StateKeyHash, long?, long?)>();
        List<(long A, long B)> pairs = [(rootA, rootB)];
        while (pairs.Count > 0)
        {
            var nodes = await Load(roomNid, pairs.SelectMany(p => new[] { p.A, p.B })).ConfigureAwait(false);
            var next = new List<(long A, long B)>();
            foreach (var (a, b) in pairs)
            {
                if (a == b)
                {
                    continue;
                }

                if (a != 0 && b != 0 && !Node.IsLeaf(nodes[a]) && !Node.IsLeaf(nodes[b]))
                {
                    Pair(nodes[a], nodes[b], next);
                    continue;
                }

                List<Entry> left = [], right = [];
                await Collect(roomNid, [a], left).ConfigureAwait(false);
                await Collect(roomNid, [b], right).ConfigureAwait(false);
                Compare(left, right, differences);
            }

            pairs = next;
        }

        return differences;
    }

    /// <summary>
    /// Applies changes (null removes) without waiting. <paramref name="newNodes"/> gets every node that the new root needs and the old one has not;
    /// they belong into the unit that uses the root.
    /// </summary>
    /// <returns>False when a node must be loaded first: await <see cref="LoadPath"/> and try again.</returns>
    public bool TryApply(long roomNid, long root, ReadOnlySpan<(StateKey Key, long? EventNid)> changes, List<StateNode> newNodes, out long newRoot)
    {
        var hashes = Hashes(roomNid);
        var byHash = new Dictionary<ulong, long>(changes.Length);
        foreach (var (key, nid) in changes)
        {
            byHash[hashes.Key(key).Value] = nid ?? 0;
        }

        var sorted = new Entry[byHash.Count];
        var at = 0;
        foreach (var (hash, nid) in byHash)
        {
            sorted[at++] = new Entry(hash, nid);
        }

        Array.Sort(sorted, static (a, b) => a.Hash.CompareTo(b.Hash));
        var fresh = new List<StateNode>();
        var edit = new TrieEdit(hashes, id => Cached(roomNid, id), fresh);
        newRoot = edit.Apply(root, sorted);
        if (edit.Missing.Count > 0)
        {
            return false;
        }

        foreach (var node in fresh)
        {
            _nodes.AddOrUpdate((roomNid, node.Id), node.Bytes);
        }

        newNodes.AddRange(fresh);
        return true;
    }

    /// <summary>Brings into memory what <see cref="TryApply"/> of changes to these keys needs.</summary>
    public async Task LoadPath(long roomNid, long root, IReadOnlyList<StateKey> keys)
    {
        var hashes = Hashes(roomNid);
        var wanted = keys.Select(key => hashes.Key(key).Value).ToArray();
        while (true)
        {
            var missing = new HashSet<long>();
            foreach (var hash in wanted)
            {
                Missing(roomNid, root, hash, wanted.Length, missing);
            }

            if (missing.Count == 0)
            {
                return;
            }

            await Load(roomNid, missing).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the states differ from what a delta says: two keys with one hash, or a caller that is wrong about the past. False when it cannot be told from memory.</summary>
    internal bool Contradicts(long roomNid, long before, StateDelta delta) =>
        TryGetCached(roomNid, before, new StateKey(delta.Type, delta.StateKey), out var known) && known != delta.OldNid;

    /// <summary>The nodes' bytes by id, from memory or the database.</summary>
    internal async ValueTask<Dictionary<long, byte[]>> Load(long roomNid, IEnumerable<long> ids)
    {
        var nodes = new Dictionary<long, byte[]>();
        var missing = new List<long>();
        foreach (var id in ids.Where(id => id != 0).Distinct())
        {
            if (Cached(roomNid, id) is { } node)
            {
                nodes[id] = node;
            }
            else
            {
                missing.Add(id);
            }
        }

        foreach (var chunk in missing.Chunk(LoadCountMax))
        {
            var rows = await _source.Query(
                "select id, bytes from state_nodes where room_nid = @room and id {any ids}",
                static reader => (Id: reader.Number(0), Bytes: reader.Bytes(1)),
                ("room", roomNid),
                ("ids", chunk)).ConfigureAwait(false);
            foreach (var (id, bytes) in rows)
            {
                nodes[id] = bytes;
                _nodes.AddOrUpdate((roomNid, id), bytes);
            }

            if (rows.Count < chunk.Length)
            {
                throw new InvalidOperationException($"Room {roomNid} lacks {chunk.Length - rows.Count} state nodes, among them {chunk.Except(rows.Select(r => r.Id)).First()}");
            }
        }

        return nodes;
    }

    internal void Forget(long roomNid, long id) => _nodes.TryRemove((roomNid, id));

    private static void Pair(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, List<(long A, long B)> pairs)
    {
        Span<long> left = stackalloc long[16];
        Span<long> right = stackalloc long[16];
        Node.Children(a, left);
        Node.Children(b, right);
        for (var i = 0; i < 16; i++)
        {
            if (left[i] != right[i])
            {
                pairs.Add((left[i], right[i]));
            }
        }
    }

    private static void Compare(List<Entry> left, List<Entry> right, List<(StateKeyHash, long?, long?)> differences)
    {
        var others = right.ToDictionary(entry => entry.Hash, entry => entry.Nid);
        foreach (var (hash, nid) in left)
        {
            if (!others.Remove(hash, out var other))
            {
                differences.Add((new StateKeyHash(hash), nid, null));
            }
            else if (other != nid)
            {
                differences.Add((new StateKeyHash(hash), nid, other));
            }
        }

        foreach (var (hash, nid) in others)
        {
            differences.Add((new StateKeyHash(hash), null, nid));
        }
    }

    private async ValueTask<long?> GetLoading(long roomNid, long root, StateKey key)
    {
        var hash = Hashes(roomNid).Key(key).Value;
        while (true)
        {
            var missing = Walk(roomNid, root, hash, out var nid);
            if (missing == 0)
            {
                return nid;
            }

            await Load(roomNid, [missing]).ConfigureAwait(false);
        }
    }

    /// <summary>0 when the answer was found, else the node that is not in memory.</summary>
    private long Walk(long roomNid, long root, ulong hash, out long? nid)
    {
        nid = null;
        var id = root;
        for (var depth = 0; id != 0; depth++)
        {
            if (Cached(roomNid, id) is not { } node)
            {
                return id;
            }

            if (Node.IsLeaf(node))
            {
                nid = Node.Find(node, hash);
                return 0;
            }

            id = Node.Child(node, Node.Nibble(hash, depth));
        }

        return 0;
    }

    private void Missing(long roomNid, long root, ulong hash, int changes, HashSet<long> missing)
    {
        var id = root;
        for (var depth = 0; id != 0; depth++)
        {
            if (Cached(roomNid, id) is not { } node)
            {
                missing.Add(id);
                return;
            }

            if (Node.IsLeaf(node))
            {
                return;
            }

            if (Node.Count(node) <= Node.LeafMax + changes)
            {
                // Removals may turn this subtree into one leaf: all of it is needed.
                Subtree(roomNid, id, missing);
                return;
            }

            id = Node.Child(node, Node.Nibble(hash, depth));
        }
    }

    private void Subtree(long roomNid, long id, HashSet<long> missing)
    {
        if (Cached(roomNid, id) is not { } node)
        {
            missing.Add(id);
            return;
        }

        if (!Node.IsLeaf(node))
        {
            Span<long> children = stackalloc long[16];
            Node.Children(node, children);
            foreach (var child in children)
            {
                if (child != 0)
                {
                    Subtree(roomNid, child, missing);
                }
            }
        }
    }

    private async ValueTask Collect(long roomNid, List<long> ids, List<Entry> entries)
    {
        while (ids.Count > 0)
        {
            var nodes = await Load(roomNid, ids).ConfigureAwait(false);
            var next = new List<long>();
            foreach (var node in nodes.Values)
            {
                Gather(node, entries, next);
            }

            ids = next;
        }
    }

    private static void Gather(ReadOnlySpan<byte> node, List<Entry> entries, List<long> children)
    {
        if (Node.IsLeaf(node))
        {
            Node.Read(node, entries);
            return;
        }

        Span<long> all = stackalloc long[16];
        Node.Children(node, all);
        foreach (var child in all)
        {
            if (child != 0)
            {
                children.Add(child);
            }
        }
    }

    private byte[]? Cached(long roomNid, long id) => _nodes.TryGet((roomNid, id), out var node) ? node : null;

    private RoomHashes Hashes(long roomNid) => _hashes.GetOrAdd(roomNid, static (nid, secret) => new RoomHashes(secret, nid), _secret);
}
