using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>One other homeserver; key: its server name. It fetches the server's keys, once for everybody who asks at the same time.</summary>
[Alias("IRemoteServerGrain")]
public interface IRemoteServerGrain : IGrainWithStringKey
{
    /// <summary>
    /// Asks the server for its keys, and notaries when it does not answer; what is learned is in the database when this returns.
    /// Asked again too soon, it does nothing.
    /// </summary>
    /// <param name="asker">The tenant in whose name the request goes out.</param>
    /// <param name="keyId">The key that is missed; <c>null</c> for whichever there are.</param>
    [Alias("FetchKeys")]
    Task FetchKeys(ServerName asker, string? keyId);
}
