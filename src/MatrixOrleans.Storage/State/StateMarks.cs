using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.State;

/// <summary>The nodes of a room's trie that some roots reach, each read once, and the events that they name.</summary>
internal sealed class StateMarks(long roomNid)
{
    private const int LoadCount = 1000;

    public HashSet<long> Nodes { get; } = [];

    public HashSet<long> Events { get; } = [];

    public async ValueTask Add(SqlSession session, IEnumerable<long> roots)
    {
        var next = roots.Where(root => root != 0 && Nodes.Add(root)).ToList();
        while (next.Count > 0)
        {
            var found = new List<long>();
            foreach (var chunk in next.Chunk(LoadCount))
            {
                var nodes = await session.Query(
                    "select bytes from state_nodes where room_nid = @room and id {any ids}",
                    static reader => reader.Bytes(0),
                    ("room", roomNid),
                    ("ids", chunk)).ConfigureAwait(false);
                nodes.ForEach(node => Visit(node, found));
            }

            next = found;
        }
    }

    private void Visit(byte[] node, List<long> found)
    {
        if (Node.IsLeaf(node))
        {
            var entries = new List<Entry>();
            Node.Read(node, entries);
            entries.ForEach(entry => Events.Add(entry.Nid));
            return;
        }

        Span<long> children = stackalloc long[16];
        Node.Children(node, children);
        foreach (var child in children)
        {
            if (child != 0 && Nodes.Add(child))
            {
                found.Add(child);
            }
        }
    }
}
