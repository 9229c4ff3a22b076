using System.Buffers.Binary;
using System.Numerics;

namespace MatrixOrleans.Storage.State;

/// <summary>SipHash-2-4: a 64-bit keyed hash that nobody without the key can steer.</summary>
internal readonly struct SipHash(ulong k0, ulong k1)
{
    public ulong Of(ReadOnlySpan<byte> data)
    {
        var v0 = k0 ^ 0x736f6d6570736575;
        var v1 = k1 ^ 0x646f72616e646f6d;
        var v2 = k0 ^ 0x6c7967656e657261;
        var v3 = k1 ^ 0x7465646279746573;
        var length = data.Length;
        while (data.Length >= 8)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(data);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
            data = data[8..];
        }

        var last = (ulong)length << 56;
        for (var i = 0; i < data.Length; i++)
        {
            last |= (ulong)data[i] << (8 * i);
        }

        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xff;
        for (var i = 0; i < 4; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
