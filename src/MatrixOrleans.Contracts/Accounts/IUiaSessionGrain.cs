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

    /// <summary>The operation was carried out; the session is of no more use.</summary>
    [Alias("End")]
    ValueTask End();
}
