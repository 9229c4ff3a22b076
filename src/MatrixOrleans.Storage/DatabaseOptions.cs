namespace MatrixOrleans.Storage;

/// <summary>Where the database is and how it is opened.</summary>
public sealed record DatabaseOptions
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";

    /// <summary><c>sqlite</c> (embedded, the default) or <c>postgres</c>.</summary>
    public string Provider { get; init; } = Sqlite;

    /// <summary>SQLite: the path of the file. PostgreSQL: an Npgsql connection string.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>SQLite: flush at every commit. Without it a power cut may lose acknowledged writes; positions then jump ahead at the next start.</summary>
    public bool SynchronousFull { get; init; } = true;

    /// <summary>Connections for reading, 1 to 64. The writer has its own and is never borrowed.</summary>
    public int ReaderCount { get; init; } = 8;

    /// <summary>Memory for trie nodes, in bytes.</summary>
    public long CacheBytesMax { get; init; } = 64L << 20;

    /// <summary>Appends that may wait for the writer before <see cref="Log.LogWriter.TryReserve"/> says no.</summary>
    public int QueueCountMax { get; init; } = 16_384;

    /// <summary>Bytes that may wait for the writer.</summary>
    public long QueueBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// PostgreSQL: commit without a flush under the writers' lock and flush once after it. Null decides by the measured cost of a flush
    /// (above 1 ms it is worth the second round trip).
    /// </summary>
    public bool? FlushOutsideLock { get; init; }
}
