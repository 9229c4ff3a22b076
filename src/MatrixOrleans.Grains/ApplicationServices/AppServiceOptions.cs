namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>How application services are told.</summary>
public sealed record AppServiceOptions
{
    /// <summary>Most events of one transaction. Default 100.</summary>
    public int EventsMax { get; init; } = 100;

    /// <summary>Wait after the first failure; each further one doubles it. Default 1 second.</summary>
    public TimeSpan RetryFirst { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait. Default 5 minutes.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often services that are owed something are looked for. Default 1 minute.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromMinutes(1);
}
