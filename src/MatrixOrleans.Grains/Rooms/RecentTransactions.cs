using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MatrixOrleans.Contracts.Rooms;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>Clients' transactions in a room that are under way or were done lately: repeats are answered without asking the database.</summary>
internal sealed class RecentTransactions
{
    /// <summary>Answers that are remembered; an older repeat is found by the log.</summary>
    private const int AnswersMax = 2_000;

    private readonly Dictionary<UInt128, Task<SendAnswer>> _running = [];
    private readonly Dictionary<UInt128, SendAnswer> _done = [];
    private readonly Queue<UInt128> _order = new();

    /// <summary>Runs the transaction, unless it runs already or was done.</summary>
    public async ValueTask<SendAnswer> Once(string key, Func<Task<SendAnswer>> run)
    {
        var digest = Digest(key);
        if (_done.TryGetValue(digest, out var known))
        {
            return known;
        }

        if (_running.TryGetValue(digest, out var running))
        {
            return await running;
        }

        var task = run();
        _running[digest] = task;
        try
        {
            var answer = await task;
            if (_done.TryAdd(digest, answer))
            {
                _order.Enqueue(digest);
            }

            if (_order.Count > AnswersMax)
            {
                _done.Remove(_order.Dequeue());
            }

            return answer;
        }
        finally
        {
            // A refusal is judged anew when the client tries again.
            _running.Remove(digest);
        }
    }

    /// <summary>Keys are long and many; their digests do as well, since nobody can make two of one.</summary>
    private static UInt128 Digest(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(key.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
