using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>Keys of servers, ours and others' (Server-Server API, "Retrieving server keys"); a stateless worker, key 0.</summary>
[Alias("IServerKeysGrain")]
public interface IServerKeysGrain : IGrainWithIntegerKey
{
    /// <summary>A tenant's own keys, signed by it: the answer of <c>GET /_matrix/key/v2/server</c>.</summary>
    [Alias("Own")]
    ValueTask<ReadOnlyMemory<byte>> Own(ServerName tenant);

    /// <summary>What other servers say of their keys, each signed by the tenant too. Servers of which nothing is known are left out.</summary>
    [Alias("Notarize")]
    ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> Notarize(ServerName tenant, [Immutable] IReadOnlyList<ServerKeysWanted> wanted);

    /// <summary>A key with which a server may sign requests now, 32 bytes; <c>null</c> when there is no such key or it is not valid now.</summary>
    [Alias("RequestKey")]
    ValueTask<ReadOnlyMemory<byte>?> RequestKey(ServerName tenant, ServerName server, string keyId);

    /// <summary>A request of that server came: it lives.</summary>
    [Alias("Lives"), Orleans.Concurrency.OneWay]
    Task Lives(ServerName server);
}

/// <summary>Keys of one server are wanted.</summary>
/// <param name="KeyIds">None: whichever it has.</param>
/// <param name="MinimumValidUntilMs">The answer should be valid until then at least, in milliseconds since 1970; <c>null</c>: now.</param>
[GenerateSerializer, Immutable, Alias("ServerKeysWanted")]
public sealed record ServerKeysWanted([property: Id(0)] ServerName Server, [property: Id(1)] IReadOnlyList<string> KeyIds, [property: Id(2)] long? MinimumValidUntilMs)
{
    /// <summary>Servers of one request.</summary>
    public const int ServersMax = 100;
}
