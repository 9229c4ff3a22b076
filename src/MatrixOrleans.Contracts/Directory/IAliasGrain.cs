using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Directory;

/// <summary>Room aliases (Client-Server API, "Room aliases"); a stateless worker, key 0.</summary>
[Alias("IAliasGrain")]
public interface IAliasGrain : IGrainWithIntegerKey
{
    /// <exception cref="Protocol.Errors.MatrixException">
    /// M_INVALID_PARAM for an alias of another server, M_FORBIDDEN for those who are not in the room, M_UNKNOWN with status 409 when it is taken.
    /// </exception>
    [Alias("Set")]
    ValueTask Set(RoomAlias alias, RoomId room, Actor actor);

    /// <summary>Where an alias leads; <c>null</c> when it leads nowhere.</summary>
    [Alias("Resolve")]
    ValueTask<AliasTarget?> Resolve(RoomAlias alias);

    /// <summary>Removes an alias, also from the room's <c>m.room.canonical_alias</c> when the user may change that.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND, M_FORBIDDEN</exception>
    [Alias("Delete")]
    ValueTask Delete(RoomAlias alias, Actor actor);

    /// <summary>The aliases on the user's server that lead to a room.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_FORBIDDEN for those who are not in the room, unless it is world-readable.</exception>
    [Alias("OfRoom")]
    ValueTask<IReadOnlyList<RoomAlias>> OfRoom(RoomId room, Actor actor);

    /// <summary>Checks the content of a new <c>m.room.canonical_alias</c>: aliases that the present one does not have must lead to the room.</summary>
    /// <exception cref="Protocol.Errors.MatrixException">M_INVALID_PARAM, M_BAD_ALIAS, M_BAD_JSON</exception>
    [Alias("CheckCanonical")]
    ValueTask CheckCanonical(RoomId room, [Immutable] ReadOnlyMemory<byte> content);
}

/// <summary>Where an alias leads.</summary>
/// <param name="Servers">Servers that are in the room, the alias' own first.</param>
[GenerateSerializer, Immutable, Alias("AliasTarget")]
public sealed record AliasTarget([property: Id(0)] RoomId Room, [property: Id(1)] IReadOnlyList<ServerName> Servers);

/// <summary>Who acts on the directory.</summary>
/// <param name="IsAdmin">Administers the user's server.</param>
[GenerateSerializer, Immutable, Alias("DirectoryActor")]
public sealed record Actor([property: Id(0)] UserId User, [property: Id(1)] bool IsAdmin);
