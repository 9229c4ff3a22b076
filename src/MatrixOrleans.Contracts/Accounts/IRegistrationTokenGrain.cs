namespace MatrixOrleans.Contracts.Accounts;

/// <summary>Tokens that let people register; a stateless worker over storage, key 0.</summary>
[Alias("IRegistrationTokenGrain")]
public interface IRegistrationTokenGrain : IGrainWithIntegerKey
{
    /// <summary>Whether an account could be registered with it now.</summary>
    [Alias("IsValid")]
    ValueTask<bool> IsValid(string token);
}
