using MatrixOrleans.Protocol.Authorization;

namespace MatrixOrleans.Protocol.Tests.Authorization;

internal static class Verdicts
{
    public static void IsAllowed(this Verdict verdict) => Assert.True(verdict.Allowed, verdict.Reason);

    /// <summary>Rejected, and by the rule that is meant.</summary>
    public static void IsRejected(this Verdict verdict, string reason)
    {
        Assert.False(verdict.Allowed, "allowed, though: " + reason);
        Assert.Contains(reason, verdict.Reason, StringComparison.Ordinal);
    }
}
