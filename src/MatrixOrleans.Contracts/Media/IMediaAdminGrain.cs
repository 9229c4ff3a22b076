using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Media;

/// <summary>What administrators do with media; a stateless worker over storage, key 0. Who may is the caller's business.</summary>
[Alias("IMediaAdminGrain")]
public interface IMediaAdminGrain : IGrainWithIntegerKey
{
    /// <summary>A user's uploads, newest first.</summary>
    [Alias("List")]
    Task<UploadsPage> List(UserId user, int from, int limit);

    /// <summary>Removes media everywhere here; its bytes go when nothing else has them.</summary>
    /// <returns>False when there is none.</returns>
    [Alias("Remove")]
    Task<bool> Remove(MxcUri uri);

    /// <summary>Removes a user's uploads.</summary>
    /// <returns>How many.</returns>
    [Alias("RemoveOf")]
    Task<int> RemoveOf(UserId user);

    /// <summary>Removes media of other servers that nobody looked at since this moment; it is fetched again when somebody does.</summary>
    /// <returns>How many.</returns>
    [Alias("RemoveRemote")]
    Task<int> RemoveRemote(long beforeMs);

    /// <summary>Forbids media to be given out; <c>null</c> allows it again.</summary>
    /// <returns>False when there is none, or it is protected.</returns>
    [Alias("Quarantine")]
    Task<bool> Quarantine(MxcUri uri, UserId? by);

    /// <summary>Forbids all uploads of a user but the protected ones.</summary>
    /// <returns>How many.</returns>
    [Alias("QuarantineOf")]
    Task<int> QuarantineOf(UserId user, UserId by);

    /// <summary>Keeps media from being quarantined, or no longer.</summary>
    /// <returns>False when there is none.</returns>
    [Alias("Protect")]
    Task<bool> Protect(MxcUri uri, bool isProtected);
}

/// <summary>A page of uploads.</summary>
/// <param name="Total">How many there are in all.</param>
[GenerateSerializer, Immutable, Alias("UploadsPage")]
public sealed record UploadsPage([property: Id(0)] IReadOnlyList<Upload> Uploads, [property: Id(1)] long Total);

/// <summary>An upload as an administrator sees it.</summary>
[GenerateSerializer, Immutable, Alias("Upload")]
public sealed record Upload(
    [property: Id(0)] string MediaId,
    [property: Id(1)] string MediaType,
    [property: Id(2)] long MediaLength,
    [property: Id(3)] string? UploadName,
    [property: Id(4)] long CreatedTs,
    [property: Id(5)] long LastAccessTs,
    [property: Id(6)] string? QuarantinedBy,
    [property: Id(7)] bool SafeFromQuarantine);
