using MatrixOrleans.Storage.Consumers;

namespace MatrixOrleans.Grains.Consumers;

/// <summary>A partition that this silo reads for a consumer.</summary>
internal sealed class Lease(LeaseRow row)
{
    /// <summary>As it is stored.</summary>
    public LeaseRow Row { get; private set; } = row;

    /// <summary>Rows up to here are dealt with; ahead of the stored cursor by rows that led to nothing.</summary>
    public long Cursor { get; set; } = row.Cursor;

    /// <summary>Failures in a row.</summary>
    public int Failures { get; set; }

    /// <summary>Not tried before this time.</summary>
    public DateTimeOffset RetryAt { get; set; }

    public bool IsAhead => Cursor > Row.Cursor;

    public void Stored(long cursor)
    {
        Row = Row with { Cursor = cursor };
        Cursor = Math.Max(Cursor, cursor);
    }
}
