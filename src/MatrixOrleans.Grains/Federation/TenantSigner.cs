using MatrixOrleans.Grains.Tenants;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Keys;

namespace MatrixOrleans.Grains.Federation;

/// <summary>Gives the outgoing client the tenants' keys.</summary>
internal sealed class TenantSigner(TenantKeys keys) : IRequestSigner
{
    public SigningKey KeyOf(ServerName tenant) => keys.For(tenant);
}
