using Orleans.Concurrency;

namespace MatrixOrleans.Contracts.Push;

/// <summary>Tells one push gateway, in order, what one pusher has to tell; key: the pusher's number.</summary>
[Alias("IPusherGrain")]
public interface IPusherGrain : IGrainWithIntegerKey
{
    /// <summary>There may be something to tell. Calling it needlessly does no harm.</summary>
    [Alias("Wake"), OneWay, AlwaysInterleave]
    Task Wake();
}
