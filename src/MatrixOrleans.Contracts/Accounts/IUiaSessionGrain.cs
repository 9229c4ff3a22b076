namespace MatrixOrleans.Contracts.Accounts;

/// <summary>
/// One run of the User-Interactive Authentication API; key: the session id. In memory only: it ends after five idle minutes or with its silo,
/// and the client begins a new one.
/// </summary>
[Alias("IUiaSessionGrain")]
public interface IUiaSessionGrain : IGrainWithStringKey
{
    /// <summary>Takes a request for the operation, with or without an attempt at a stage.</summary>
    [Alias("Submit")]
    ValueTask<UiaProgress> Submit(UiaRequest request);

    /// <summary>An attempt at a stage from the fallback page.</summary>
    [Alias("Attempt")]
    ValueTask<UiaProgress> Attempt(UiaAttempt attempt);

    /// <summary>The operation was carried out with this answer, JSON, which is given again to who repeats the request.</summary>
    [Alias("Finish")]
    ValueTask Finish(string answer);

    /// <summary>The answer of the operation when the session has already carried it out; else <c>null</c>.</summary>
    /// <param name="parameters">The body without <c>auth</c>, as JSON.</param>
    [Alias("Finished")]
    ValueTask<string?> Finished(string operation, string parameters);

    /// <summary>The operation was carried out; the session is of no more use.</summary>
    [Alias("End")]
    ValueTask End();
}
