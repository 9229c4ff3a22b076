namespace MatrixOrleans.Protocol.Sync.Sliding;

/// <summary>How a sliding sync is written: one engine answers both.</summary>
public enum SlidingShape
{
    /// <summary>As today's clients write it: <c>unstable/org.matrix.simplified_msc3575/sync</c>.</summary>
    Simplified,

    /// <summary><c>v4/sync</c>, as MSC4186 was accepted.</summary>
    Stable,
}
