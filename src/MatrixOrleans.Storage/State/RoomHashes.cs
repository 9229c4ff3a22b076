using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Storage.State;

/// <summary>A state key's place in the trie of one room.</summary>
public readonly record struct StateKeyHash(ulong Value) : IComparable<StateKeyHash>
{
    public int CompareTo(StateKeyHash other) => Value.CompareTo(other.Value);
}

/// <summary>
/// The hashes of one room's trie. Their keys follow from a secret of the database and the room's number, so that nobody outside can choose
/// state keys that fall together, and none has to be loaded before a room can be built.
/// </summary>
internal sealed class RoomHashes
{
    private readonly SipHash _keys;
    private readonly SipHash _nodes;

    public RoomHashes(ReadOnlySpan<byte> databaseSecret, long roomNid)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, roomNid);
        Span<byte> derived = stackalloc byte[32];
        HMACSHA256.HashData(databaseSecret, number, derived);
        _keys = new SipHash(BinaryPrimitives.ReadUInt64LittleEndian(derived), BinaryPrimitives.ReadUInt64LittleEndian(derived[8..]));
        _nodes = new SipHash(BinaryPrimitives.ReadUInt64LittleEndian(derived[16..]), BinaryPrimitives.ReadUInt64LittleEndian(derived[24..]));
    }

    public StateKeyHash Key(StateKey key)
    {
        var size = (3 * (key.Type.Length + key.Key.Length)) + 1;
        Span<byte> bytes = size <= 512 ? stackalloc byte[512] : new byte[size];
        var length = Encoding.UTF8.GetBytes(key.Type, bytes);
        bytes[length++] = 0;
        length += Encoding.UTF8.GetBytes(key.Key, bytes[length..]);
        return new StateKeyHash(_keys.Of(bytes[..length]));
    }

    /// <summary>The id of a node; never 0, which is the empty trie.</summary>
    public long Node(ReadOnlySpan<byte> bytes)
    {
        var id = (long)_nodes.Of(bytes);
        return id == 0 ? 1 : id;
    }
}
