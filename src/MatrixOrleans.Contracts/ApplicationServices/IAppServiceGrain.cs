using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.ApplicationServices;

/// <summary>Tells one application service what it is interested in, one transaction after another; key: its id.</summary>
[Alias("IAppServiceGrain")]
public interface IAppServiceGrain : IGrainWithStringKey
{
    /// <summary>There may be something to tell. Calling it needlessly does no harm.</summary>
    [Alias("Wake"), OneWay, AlwaysInterleave]
    Task Wake();

    /// <summary>Something that is not kept, such as who is typing: it goes into the next transaction.</summary>
    /// <param name="content">An event of the client format with its room id.</param>
    [Alias("Tell"), OneWay, AlwaysInterleave]
    Task Tell([Immutable] ReadOnlyMemory<byte> content);
}
