using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>Device lists of our users as other servers see them; a stateless worker, key 0.</summary>
[Alias("IServedDevicesGrain")]
public interface IServedDevicesGrain : IGrainWithIntegerKey
{
    /// <summary>The answer of <c>GET /_matrix/federation/v1/user/devices/{userId}</c>.</summary>
    [Alias("Devices")]
    ValueTask<ReadOnlyMemory<byte>> Devices(UserId user, ServerName asker);
}
