namespace MatrixOrleans.Grains.Federation.Keys;

/// <summary>How long keys are believed.</summary>
internal static class ServerKeyTimes
{
    /// <summary>"Servers MUST use the lesser of this field and 7 days into the future when determining if a key is valid."</summary>
    public const long ValidMsMax = 7L * 24 * 60 * 60 * 1000;

    /// <summary>How long our own answers are valid.</summary>
    public const long OwnValidMs = 24L * 60 * 60 * 1000;

    /// <summary>Our own answer is made anew this often: none is about to expire ("less than an hour").</summary>
    public const long OwnKeptMs = 10L * 60 * 1000;
}
