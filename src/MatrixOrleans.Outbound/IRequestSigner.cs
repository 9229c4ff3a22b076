using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;

namespace MatrixOrleans.Outbound;

/// <summary>Knows the keys with which the tenants sign their requests.</summary>
public interface IRequestSigner
{
    /// <summary>The key with which the tenant signs now.</summary>
    /// <exception cref="InvalidOperationException">The server is no tenant.</exception>
    SigningKey KeyOf(ServerName tenant);
}
