using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Storage.State;

/// <summary>
/// Applies changes to a trie. Pure but for <paramref name="load"/>, which answers null for a node that is not in memory; the edit then
/// fails as a whole and <see cref="Missing"/> names the nodes.
/// </summary>
internal sealed class TrieEdit(RoomHashes hashes, Func<long, byte[]?> load, List<StateNode> newNodes)
{
    private readonly Dictionary<long, byte[]> _read = [];

    public List<long> Missing { get; } = [];

    /// <param name="changes">Ascending by hash, each hash once; a number of 0 removes.</param>
    public long Apply(long root, ReadOnlySpan<Entry> changes)
    {
        var result = Edit(root, 0, changes);
        if (Missing.Count > 0)
        {
            return 0;
        }

        Emit(result);
        return result.Id;
    }

    private Subtree Edit(long id, int depth, ReadOnlySpan<Entry> changes)
    {
        if (changes.IsEmpty)
        {
            return new Subtree(id, 0, null, null);
        }

        if (id == 0)
        {
            return Build(Merge([], changes), depth, id);
        }

        if (Read(id) is not { } node)
        {
            Missing.Add(id);
            return default;
        }

        if (Node.IsLeaf(node))
        {
            var entries = new List<Entry>(Node.LeafMax);
            Node.Read(node, entries);
            return Build(Merge(entries, changes), depth, id);
        }

        Span<long> old = stackalloc long[16];
        Node.Children(node, old);
        var children = new Subtree[16];
        var count = 0;
        for (var nibble = 0; nibble < 16; nibble++)
        {
            var mine = 0;
            while (mine < changes.Length && Node.Nibble(changes[mine].Hash, depth) == nibble)
            {
                mine++;
            }

            // The count of an untouched child is worked out from the sum below, so that it need not be loaded.
            children[nibble] = mine > 0 ? Edit(old[nibble], depth + 1, changes[..mine]) : new Subtree(old[nibble], -1, null, null);
            changes = changes[mine..];
            if (mine > 0 && Missing.Count == 0)
            {
                count += children[nibble].Count - CountOf(old[nibble]);
            }
        }

        count += Node.Count(node);
        return Missing.Count > 0 ? default : count > Node.LeafMax ? Inner(count, children, id) : Collapse(children, depth, id);
    }

    private int CountOf(long id) => id == 0 ? 0 : Node.Count(Read(id)!);

    /// <summary>Read once: the cache behind may drop a node at any time.</summary>
    private byte[]? Read(long id)
    {
        if (!_read.TryGetValue(id, out var node) && load(id) is { } loaded)
        {
            _read.Add(id, node = loaded);
        }

        return node;
    }

    /// <summary>So many entries went that one leaf holds the rest.</summary>
    private Subtree Collapse(Subtree[] children, int depth, long oldId)
    {
        var entries = new List<Entry>(Node.LeafMax);
        foreach (var child in children)
        {
            if (child.Entries is { } fresh)
            {
                entries.AddRange(fresh);
            }
            else if (child.Id != 0)
            {
                Collect(child.Id, entries);
            }
        }

        return Missing.Count > 0 ? default : Build(entries, depth, oldId);
    }

    private void Collect(long id, List<Entry> entries)
    {
        if (Read(id) is not { } node)
        {
            Missing.Add(id);
            return;
        }

        if (Node.IsLeaf(node))
        {
            Node.Read(node, entries);
            return;
        }

        Span<long> children = stackalloc long[16];
        Node.Children(node, children);
        foreach (var child in children)
        {
            if (child != 0)
            {
                Collect(child, entries);
            }
        }
    }

    private static List<Entry> Merge(List<Entry> old, ReadOnlySpan<Entry> changes)
    {
        var merged = new List<Entry>(old.Count + changes.Length);
        var at = 0;
        foreach (var change in changes)
        {
            while (at < old.Count && old[at].Hash < change.Hash)
            {
                merged.Add(old[at++]);
            }

            if (at < old.Count && old[at].Hash == change.Hash)
            {
                at++;
            }

            if (change.Nid != 0)
            {
                merged.Add(change);
            }
        }

        merged.AddRange(old[at..]);
        return merged;
    }

    private Subtree Build(List<Entry> entries, int depth, long oldId)
    {
        if (entries.Count == 0)
        {
            return new Subtree(0, 0, null, null);
        }

        if (entries.Count <= Node.LeafMax || depth == Node.DepthMax)
        {
            var bytes = Node.Leaf(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(entries));
            var id = hashes.Node(bytes);
            return new Subtree(id, entries.Count, id == oldId ? null : bytes, entries);
        }

        var children = new Subtree[16];
        var at = 0;
        for (var nibble = 0; nibble < 16; nibble++)
        {
            var from = at;
            while (at < entries.Count && Node.Nibble(entries[at].Hash, depth) == nibble)
            {
                at++;
            }

            children[nibble] = at > from ? Build(entries[from..at], depth + 1, 0) : default;
        }

        return Inner(entries.Count, children, oldId);
    }

    private Subtree Inner(int count, Subtree[] children, long oldId)
    {
        Span<long> ids = stackalloc long[16];
        for (var i = 0; i < 16; i++)
        {
            ids[i] = children[i].Id;
            Emit(children[i]);
        }

        var bytes = Node.Inner(count, ids);
        var id = hashes.Node(bytes);
        return new Subtree(id, count, id == oldId ? null : bytes, null);
    }

    private void Emit(Subtree subtree)
    {
        if (subtree.Bytes is not null)
        {
            newNodes.Add(new StateNode(subtree.Id, subtree.Bytes));
        }
    }

    /// <param name="Bytes">Null for a node that is stored already.</param>
    /// <param name="Entries">Of a leaf that was just built.</param>
    private readonly record struct Subtree(long Id, int Count, byte[]? Bytes, List<Entry>? Entries);
}
