namespace MatrixOrleans.Grains.Push;

/// <summary>How push gateways are told.</summary>
public sealed record PushOptions
{
    /// <summary>Wait after the first failure; each further one doubles it. Default 1 second.</summary>
    public TimeSpan RetryFirst { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait. Default 1 hour.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What is older is not told any more. Default 1 day.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(1);

    /// <summary>What is kept for a gateway that cannot be reached; older things are given up. Default 100.</summary>
    public int KeptMax { get; init; } = 100;

    /// <summary>How often pushers that owe something are looked for. Default 1 minute.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromMinutes(1);
}
