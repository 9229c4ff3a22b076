namespace MatrixOrleans.Grains.Sync;

/// <summary>What a device's key supply looks like (Client-Server API, <c>device_one_time_keys_count</c>, <c>device_unused_fallback_key_types</c>).</summary>
internal sealed record KeyCounts(IReadOnlyDictionary<string, int> OneTimeKeys, IReadOnlyList<string> UnusedFallbackTypes)
{
    /// <summary>The algorithm whose count is told even when there is no key: clients upload keys when they hear 0.</summary>
    public const string SignedCurve25519 = "signed_curve25519";
}
