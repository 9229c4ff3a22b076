using MatrixOrleans.Contracts.Push;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Push;

/// <summary>Wakes pushers that still owe something, after a start and now and then: whoever should have woken them may be gone.</summary>
public sealed partial class PushSweep(Database database, IGrainFactory grains, PushOptions options, TimeProvider time, ILogger<PushSweep> log)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private const int PushersAtOnce = 100;

    private readonly CancellationTokenSource _closing = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(PushSweep),
        ServiceLifecycleStage.Active + 2,
        _ =>
        {
            _running = Task.Run(Run, CancellationToken.None);
            return Task.CompletedTask;
        },
        async _ =>
        {
            await _closing.CancelAsync();
            await _running;
        });

    public void Dispose() => _closing.Dispose();

    private async Task Run()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await Sweep();
            }
            catch (Exception error)
            {
                SweepFailed(error);
            }

            await Task.Delay(options.SweepEvery, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Sweep()
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
        while (owing.Count == PushersAtOnce && !_closing.IsCancellationRequested);
    }

    [LoggerMessage(LogLevel.Warning, "Pushers that owe something could not be looked for")]
    private partial void SweepFailed(Exception error);
}
