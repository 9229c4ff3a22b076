using System.Buffers.Binary;
using System.Numerics;
using MatrixOrleans.Storage.Log;

namespace MatrixOrleans.Storage.State;

/// <summary>One key of a state: its hash and the event that sets it.</summary>
internal readonly record struct Entry(ulong Hash, long Nid);

/// <summary>
/// The bytes of a trie node.
/// <code>
/// leaf:  01 count(varint)  then for each entry, ascending:  hash(8, big-endian)  event number(varint)
/// inner: 02 count(varint)  bitmap(2)  then for each set bit:  node id(8)
/// </code>
/// A subtree of at most <see cref="LeafMax"/> entries is one leaf, a larger one an inner node that branches by the next four bits of the hash.
/// So the shape follows from the set alone, and equal states have equal roots.
/// </summary>
internal static class Node
{
    public const int LeafMax = 16;
    public const int DepthMax = 16;
    private const byte LeafTag = 1;
    private const byte InnerTag = 2;

    public static bool IsLeaf(ReadOnlySpan<byte> node) => node[0] == LeafTag;

    /// <summary>Entries in the whole subtree.</summary>
    public static int Count(ReadOnlySpan<byte> node)
    {
        var at = 1;
        return (int)Varint.Read(node, ref at);
    }

    public static int Nibble(ulong hash, int depth) => (int)(hash >> (60 - (4 * depth))) & 0xF;

    public static long? Find(ReadOnlySpan<byte> leaf, ulong hash)
    {
        var at = 1;
        for (var left = Varint.Read(leaf, ref at); left > 0; left--)
        {
            var found = BinaryPrimitives.ReadUInt64BigEndian(leaf[at..]);
            at += 8;
            var nid = Varint.Read(leaf, ref at);
            if (found == hash)
            {
                return nid;
            }

            if (found > hash)
            {
                return null;
            }
        }

        return null;
    }

    public static void Read(ReadOnlySpan<byte> leaf, List<Entry> entries)
    {
        var at = 1;
        for (var left = Varint.Read(leaf, ref at); left > 0; left--)
        {
            var hash = BinaryPrimitives.ReadUInt64BigEndian(leaf[at..]);
            at += 8;
            entries.Add(new Entry(hash, Varint.Read(leaf, ref at)));
        }
    }

    /// <summary>The child on a branch; 0 when it is empty.</summary>
    public static long Child(ReadOnlySpan<byte> inner, int nibble)
    {
        var at = 1;
        Varint.Read(inner, ref at);
        var bitmap = BinaryPrimitives.ReadUInt16BigEndian(inner[at..]);
        if ((bitmap & (1 << nibble)) == 0)
        {
            return 0;
        }

        var before = BitOperations.PopCount((uint)(bitmap & ((1 << nibble) - 1)));
        return BinaryPrimitives.ReadInt64BigEndian(inner[(at + 2 + (8 * before))..]);
    }

    /// <summary>The children, 0 where a branch is empty.</summary>
    public static void Children(ReadOnlySpan<byte> inner, Span<long> children)
    {
        var at = 1;
        Varint.Read(inner, ref at);
        var bitmap = BinaryPrimitives.ReadUInt16BigEndian(inner[at..]);
        at += 2;
        for (var i = 0; i < 16; i++)
        {
            children[i] = 0;
            if ((bitmap & (1 << i)) != 0)
            {
                children[i] = BinaryPrimitives.ReadInt64BigEndian(inner[at..]);
                at += 8;
            }
        }
    }

    public static byte[] Leaf(ReadOnlySpan<Entry> entries)
    {
        var buffer = new byte[6 + (18 * entries.Length)];
        buffer[0] = LeafTag;
        var at = Varint.Write(buffer, 1, entries.Length);
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteUInt64BigEndian(buffer.AsSpan(at), entry.Hash);
            at = Varint.Write(buffer, at + 8, entry.Nid);
        }

        return buffer[..at];
    }

    public static byte[] Inner(int count, ReadOnlySpan<long> children)
    {
        var buffer = new byte[8 + (8 * 16)];
        buffer[0] = InnerTag;
        var at = Varint.Write(buffer, 1, count);
        var bitmapAt = at;
        var bitmap = 0;
        at += 2;
        for (var i = 0; i < 16; i++)
        {
            if (children[i] != 0)
            {
                bitmap |= 1 << i;
                BinaryPrimitives.WriteInt64BigEndian(buffer.AsSpan(at), children[i]);
                at += 8;
            }
        }

        BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(bitmapAt), (ushort)bitmap);
        return buffer[..at];
    }
}
