namespace MatrixOrleans.Grains.Consumers;

/// <summary>How a silo takes part in reading the log.</summary>
public sealed record ConsumerOptions
{
    /// <summary>No other silo has this database: whoever else seems to hold partitions is gone, and nobody needs to hear that this one lives.</summary>
    public bool Alone { get; init; }

    /// <summary>How often a silo says that it lives, and looks who else does.</summary>
    public TimeSpan BeatEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For how long it is believed.</summary>
    public TimeSpan HolderLasts { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the log is looked at when nobody tells that it grew.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>While the log grows, it is read at most this often.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(15);

    /// <summary>How long a place that moved over rows without effects may wait to be stored.</summary>
    public TimeSpan StoreEvery { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RetryFirst { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Most rows of the log in one batch.</summary>
    public int RowsMax { get; init; } = 500;

    /// <summary>Partitions taken at a time: silos that start together share them.</summary>
    public int TakenAtOnce { get; init; } = 8;
}
