namespace MatrixOrleans.Grains.Log;

/// <summary>Items in the order of their log positions; grows at the end, is cut at the front. Not safe for threads by itself.</summary>
internal sealed class PositionList<T>
{
    private readonly List<(long Position, T Item)> _items = [];
    private int _start;

    public bool IsEmpty => _start == _items.Count;

    /// <summary>Position of the newest item; 0 when there is none.</summary>
    public long Last => IsEmpty ? 0 : _items[^1].Position;

    public void Add(long position, T item) => _items.Add((position, item));

    /// <summary>Drops all items up to a position.</summary>
    public void CutTo(long position)
    {
        while (_start < _items.Count && _items[_start].Position <= position)
        {
            _items[_start] = default;
            _start++;
        }

        if (_start > 64 && _start > _items.Count / 2)
        {
            _items.RemoveRange(0, _start);
            _start = 0;
        }
    }

    /// <summary>Items with positions in (after, upto].</summary>
    public List<(long Position, T Item)> Slice(long after, long upto)
    {
        var result = new List<(long, T)>();
        for (var i = FirstAfter(after); i < _items.Count && _items[i].Position <= upto; i++)
        {
            result.Add(_items[i]);
        }

        return result;
    }

    private int FirstAfter(long position)
    {
        var (low, high) = (_start, _items.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_items[middle].Position <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
