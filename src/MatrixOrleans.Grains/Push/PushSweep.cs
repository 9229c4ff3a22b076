using MatrixOrleans.Contracts.Push;
using MatrixOrleans.Grains.Upkeep;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Push;

/// <summary>Wakes pushers that still owe something.</summary>
public sealed class PushSweep(Database database, IGrainFactory grains, PushOptions options, TimeProvider time, ILogger<PushSweep> log) : Sweep(options.SweepEvery, time, log)
{
    private const int PushersAtOnce = 100;

    protected override async Task Round(CancellationToken cancel)
    {
        IReadOnlyList<long> owing = [];
        do
        {
            owing = await database.Pushers.Owing(owing.Count == 0 ? 0 : owing[^1], PushersAtOnce);
            foreach (var id in owing)
            {
                await grains.GetGrain<IPusherGrain>(id).Wake();
            }
        }
        while (owing.Count == PushersAtOnce && !cancel.IsCancellationRequested);
    }
}
