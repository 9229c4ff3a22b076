using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>Wakes queues that hold something: after a restart, and when a wake-up or a timer was lost.</summary>
public sealed partial class OutgoingSweep(Database database, IGrainFactory grains, TimeProvider time, ILogger<OutgoingSweep> log) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>Queues that are woken at once.</summary>
    private const int CountMax = 200;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _closing = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(OutgoingSweep),
        ServiceLifecycleStage.Active + 3,
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
                foreach (var destination in await database.Outgoing.Due(time.GetUtcNow().ToUnixTimeMilliseconds(), CountMax))
                {
                    await grains.GetGrain<IDestinationGrain>(IDestinationGrain.Key(destination.Tenant, destination.Server)).Wake();
                }
            }
            catch (Exception failure)
            {
                LogFailed(log, failure);
            }

            await Task.Delay(Every, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The outgoing queues could not be looked through")]
    private static partial void LogFailed(ILogger log, Exception failure);
}
