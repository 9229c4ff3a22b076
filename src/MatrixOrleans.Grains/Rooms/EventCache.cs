using BitFaster.Caching.Lru;
using MatrixOrleans.Protocol.Events;

namespace MatrixOrleans.Grains.Rooms;

/// <summary>
/// Parsed events of all rooms of a silo, the original ones (a redaction is not seen here). Holds the events that were used lately,
/// up to a number of bytes. Any thread may call it.
/// </summary>
public sealed class EventCache
{
    /// <summary>What an event costs beside its JSON: the object, its identifiers and lists.</summary>
    private const int OverheadBytes = 600;

    private readonly ConcurrentLru<(long RoomNid, long EventNid), Pdu> _events;
    private readonly long _bytesMax;
    private long _bytes;

    /// <summary>Counting the cache itself goes through all of it.</summary>
    private int _count;

    /// <param name="bytesMax">Most bytes, as estimated from the events' JSON.</param>
    public EventCache(long bytesMax = 64 * 1024 * 1024)
    {
        _bytesMax = bytesMax;
        // By number the cache could hold as many events as there are of the smallest kind.
        _events = new ConcurrentLru<(long, long), Pdu>((int)Math.Clamp(bytesMax / (2 * OverheadBytes), 16, 1_000_000));
        if (_events.Events.Value is { } events)
        {
            events.ItemRemoved += (_, removed) =>
            {
                Interlocked.Add(ref _bytes, -Cost(removed.Value!));
                Interlocked.Decrement(ref _count);
            };
        }
    }

    /// <summary>Estimate of the bytes held.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public Pdu? TryGet(long roomNid, long eventNid) => _events.TryGet((roomNid, eventNid), out var pdu) ? pdu : null;

    public void Add(long roomNid, long eventNid, Pdu pdu)
    {
        var added = false;
        _events.GetOrAdd((roomNid, eventNid), (_, value) =>
        {
            added = true;
            return value;
        }, pdu);
        if (added)
        {
            Interlocked.Increment(ref _count);
            if (Interlocked.Add(ref _bytes, Cost(pdu)) > _bytesMax)
            {
                Shrink();
            }
        }
    }

    private void Shrink()
    {
        var eviction = _events.Policy.Eviction.Value;
        for (var round = 0; round < 64 && Bytes > _bytesMax && _count > 0; round++)
        {
            eviction!.Trim(Math.Max(1, _count / 32));
        }
    }

    /// <summary>The JSON, what System.Text.Json keeps of its structure, and the objects around it.</summary>
    private static long Cost(Pdu pdu) => (pdu.Json.Length * 2L) + OverheadBytes;
}
