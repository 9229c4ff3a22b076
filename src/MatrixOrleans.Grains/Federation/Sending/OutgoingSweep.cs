using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Grains.Upkeep;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>Wakes queues that hold something: after a restart, and when a wake-up or a timer was lost.</summary>
public sealed class OutgoingSweep(Database database, IGrainFactory grains, TimeProvider time, ILogger<OutgoingSweep> log) : Sweep(TimeSpan.FromSeconds(20), time, log)
{
    /// <summary>Queues that are woken at once.</summary>
    private const int CountMax = 200;

    private readonly TimeProvider _time = time;

    protected override async Task Round(CancellationToken cancel)
    {
        foreach (var destination in await database.Outgoing.Due(_time.GetUtcNow().ToUnixTimeMilliseconds(), CountMax))
        {
            await grains.GetGrain<IDestinationGrain>(IDestinationGrain.Key(destination.Tenant, destination.Server)).Wake();
        }
    }
}
