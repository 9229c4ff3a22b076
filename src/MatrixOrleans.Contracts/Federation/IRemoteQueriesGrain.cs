using MatrixOrleans.Contracts.Directory;
using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Federation;

/// <summary>Asks other servers what clients want to know of them; a stateless worker, key 0.</summary>
[Alias("IRemoteQueriesGrain")]
public interface IRemoteQueriesGrain : IGrainWithIntegerKey
{
    /// <summary>Where an alias of another server leads; <c>null</c> when that server says nowhere.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_UNKNOWN with status 502 when the server does not answer.</exception>
    [Alias("Alias")]
    ValueTask<AliasTarget?> Alias(ServerName tenant, RoomAlias alias);

    /// <summary>A profile, or one field of it, of a user of another server; a JSON object.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND, M_FORBIDDEN as the server says; M_UNKNOWN with status 502 when it does not answer.</exception>
    [Alias("Profile")]
    ValueTask<ReadOnlyMemory<byte>> Profile(ServerName tenant, UserId user, string? field);

    /// <summary>A page of another server's room directory.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN as the server says; M_UNKNOWN with status 502 when it does not answer.</exception>
    [Alias("PublicRooms")]
    ValueTask<ReadOnlyMemory<byte>> PublicRooms(ServerName tenant, ServerName server, string method, string pathAndQuery, ReadOnlyMemory<byte>? body);
}
