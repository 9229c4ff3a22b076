using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Accounts;

/// <summary>
/// Tells gateways at once that sessions of a user changed (log-out, lock, new rights). A hint: a gateway that misses it
/// finds out when its short cache entry ends.
/// </summary>
public interface ISessionInvalidations
{
    void Publish(UserId user);

    /// <summary>Calls back for each user whose sessions changed, until disposed.</summary>
    IDisposable Subscribe(Action<UserId> changed);
}
