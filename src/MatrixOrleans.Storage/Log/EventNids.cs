namespace MatrixOrleans.Storage.Log;

/// <summary>A list of event numbers as bytes: the count, then each number, as varints.</summary>
public static class EventNids
{
    public static byte[] Pack(IReadOnlyCollection<long> nids)
    {
        var buffer = new byte[10 * (nids.Count + 1)];
        var at = Varint.Write(buffer, 0, nids.Count);
        foreach (var nid in nids)
        {
            at = Varint.Write(buffer, at, nid);
        }

        return buffer[..at];
    }

    public static long[] Unpack(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        var nids = new long[Varint.Read(bytes, ref at)];
        for (var i = 0; i < nids.Length; i++)
        {
            nids[i] = Varint.Read(bytes, ref at);
        }

        return nids;
    }
}

/// <summary>Numbers of 7 bits a byte, lowest first; a set top bit says that more follows.</summary>
internal static class Varint
{
    public static int Write(Span<byte> buffer, int at, long value)
    {
        var rest = (ulong)value;
        while (rest >= 0x80)
        {
            buffer[at++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        buffer[at++] = (byte)rest;
        return at;
    }

    public static long Read(ReadOnlySpan<byte> buffer, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = buffer[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }
        }
    }
}
