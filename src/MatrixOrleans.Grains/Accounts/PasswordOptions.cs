namespace MatrixOrleans.Grains.Accounts;

/// <summary>What hashing a password costs. Stored hashes name their own cost; they are made anew at the next log-in after a change.</summary>
public sealed class PasswordOptions
{
    /// <summary>Memory of one hash in KiB, 8 to 1,048,576. Default 19,456, the OWASP recommendation for two passes.</summary>
    public int MemoryKiB { get; set; } = 19_456;

    /// <summary>Passes over the memory, 1 to 100. Default 2.</summary>
    public int Passes { get; set; } = 2;

    /// <summary>Hashes that are computed at once. Default: as many as there are processors.</summary>
    public int Parallel { get; set; } = Environment.ProcessorCount;

    /// <summary>Hashes that may wait for their turn; beyond that log-ins are refused with M_LIMIT_EXCEEDED. Default 256.</summary>
    public int WaitingMax { get; set; } = 256;
}
