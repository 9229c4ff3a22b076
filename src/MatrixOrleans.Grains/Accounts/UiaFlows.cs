namespace MatrixOrleans.Grains.Accounts;

/// <summary>
/// What the stages of a session mean (Client-Server API, "User-Interactive Authentication API"): a client follows any one flow, and "the
/// flow's stages must be completed in order".
/// </summary>
internal static class UiaFlows
{
    /// <summary>All stages of one flow are completed. A list without flows, or a flow without stages, is never done.</summary>
    public static bool IsDone(IReadOnlyList<string[]> flows, IReadOnlyCollection<string> completed) =>
        flows.Any(flow => flow.Length > 0 && flow.All(completed.Contains));

    /// <summary>Whether the stage is the next one of a flow.</summary>
    public static bool MayAttempt(IReadOnlyList<string[]> flows, IReadOnlyCollection<string> completed, string stage) =>
        !completed.Contains(stage) && flows.Any(flow => flow.SkipWhile(completed.Contains).FirstOrDefault() == stage);
}
