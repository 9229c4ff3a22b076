using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Directory;

/// <summary>Finds users by their names (Client-Server API, "User Directory"); a stateless worker, key 0.</summary>
[Alias("IUserDirectoryGrain")]
public interface IUserDirectoryGrain : IGrainWithIntegerKey
{
    /// <summary>Users whom the one who asks may know of, best first.</summary>
    [Alias("Search")]
    ValueTask<FoundUsers> Search(UserId user, string term, int limit);
}

[GenerateSerializer, Immutable, Alias("FoundUser")]
public sealed record FoundUser([property: Id(0)] UserId User, [property: Id(1)] string? DisplayName, [property: Id(2)] string? AvatarUrl);

/// <param name="Limited">There are more than were asked for.</param>
[GenerateSerializer, Immutable, Alias("FoundUsers")]
public sealed record FoundUsers([property: Id(0)] IReadOnlyList<FoundUser> Users, [property: Id(1)] bool Limited);
