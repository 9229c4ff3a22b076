using MatrixOrleans.Contracts.Delayed;
using MatrixOrleans.Grains.Upkeep;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Delayed;

/// <summary>Wakes the shards of delayed events, so that none sleeps on after the silo that it was on has gone.</summary>
public sealed class DelayedEventSweep(IGrainFactory grains, TimeProvider time, ILogger<DelayedEventSweep> log) : Sweep(TimeSpan.FromSeconds(15), time, log)
{
    protected override async Task Round(CancellationToken cancel)
    {
        for (var shard = 0; shard < IDelayedEventsGrain.ShardCount; shard++)
        {
            await grains.GetGrain<IDelayedEventsGrain>(shard).Wake();
        }
    }
}
