using MatrixOrleans.Protocol.Identifiers;

namespace MatrixOrleans.Contracts.Media;

/// <summary>One piece of media of another server; key: the mxc URI. It fetches once, however many ask.</summary>
[Alias("IRemoteMediaGrain")]
public interface IRemoteMediaGrain : IGrainWithStringKey
{
    /// <summary>What there is, fetched from its server if it is not here.</summary>
    /// <param name="asker">The tenant whose user asks; it signs.</param>
    /// <param name="timeoutMs">How long the other server may wait for content that is not there yet.</param>
    /// <exception cref="Protocol.Errors.MatrixException">M_NOT_FOUND, M_NOT_YET_UPLOADED; with status 502: M_TOO_LARGE, M_UNKNOWN when the server fails us.</exception>
    [Alias("Get"), ResponseTimeout("00:02:00"), Orleans.Concurrency.AlwaysInterleave]
    Task<MediaInfo> Get(ServerName asker, int timeoutMs);
}
