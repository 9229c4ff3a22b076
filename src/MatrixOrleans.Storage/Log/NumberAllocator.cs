
namespace MatrixOrleans.Storage.Log;

/// <summary>
/// Hands out numbers from blocks that are reserved in the database. A number is never given twice; numbers of a process that ends are lost.
/// </summary>
public sealed class NumberAllocator
{
    private const int RoomBlock = 64;
    private const int EventBlock = 10_000;
    private readonly LogWriter _writer;
    private readonly Block _rooms;
    private readonly Block _events;
    private readonly Block _activations;

    internal NumberAllocator(LogWriter writer)
    {
        _writer = writer;
        _rooms = new Block(this, "room", RoomBlock);
        _events = new Block(this, "event", EventBlock);
        _activations = new Block(this, "activation", EventBlock);
    }

    /// <summary>A number for a new room.</summary>
    public async ValueTask<long> RoomNid()
    {
        await _rooms.Ensure(1).ConfigureAwait(false);
        return _rooms.Next();
    }

    /// <summary>A number that names an activation, see <see cref="AppendUnit.ActivationId"/>.</summary>
    public async ValueTask<long> ActivationId()
    {
        await _activations.Ensure(1).ConfigureAwait(false);
        return _activations.Next();
    }

    /// <summary>Makes sure that the next numbers for events are at hand; completes at once unless the stock is low.</summary>
    public ValueTask EnsureAsync(int count) => _events.Ensure(count);

    /// <summary>A number for a new event. The stock refills itself in the background.</summary>
    /// <exception cref="InvalidOperationException">The stock is empty: more were taken than <see cref="EnsureAsync"/> promised.</exception>
    public long NextEventNid() => _events.Next();

    private sealed class Block(NumberAllocator owner, string name, int size)
    {
        private readonly Lock _lock = new();
        private readonly Queue<(long From, long To)> _ranges = [];
        private Task? _refill;
        private long _next;
        private long _end;
        private long _stock;

        /// <summary>For callers who asked at the same moment.</summary>
        private int Spare => size / 8;


        public async ValueTask Ensure(int count)
        {
            while (true)
            {
                Task refill;
                lock (_lock)
                {
                    if (_stock >= count + Spare)
                    {
                        return;
                    }

                    refill = _refill ??= Refill(Math.Max(size, count + Spare));
                }

                await refill.ConfigureAwait(false);
            }
        }

        public long Next()
        {
            lock (_lock)
            {
                if (_next == _end)
                {
                    if (!_ranges.TryDequeue(out var range))
                    {
                        throw new InvalidOperationException($"No {name} numbers are at hand; await EnsureAsync first");
                    }

                    (_next, _end) = range;
                }

                if (--_stock < size / 2)
                {
                    _refill ??= Refill(size);
                }

                return _next++;
            }
        }

        private async Task Refill(int count)
        {
            await Task.Yield();
            try
            {
                var end = await owner._writer.Execute((session, _) => session.Number(
                    "update numbers set next_value = next_value + @count where name = @name returning next_value",
                    ("count", (long)count),
                    ("name", name))).ConfigureAwait(false) ?? throw new InvalidOperationException($"The database has no row for {name} numbers");
                lock (_lock)
                {
                    _ranges.Enqueue((end - count, end));
                    _stock += count;
                    _refill = null;
                }
            }
            catch
            {
                lock (_lock)
                {
                    _refill = null;
                }

                throw;
            }
        }
    }
}
