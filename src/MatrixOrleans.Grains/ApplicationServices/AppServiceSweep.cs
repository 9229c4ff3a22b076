using MatrixOrleans.Contracts.ApplicationServices;
using MatrixOrleans.Protocol.ApplicationServices;
using MatrixOrleans.Storage;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.ApplicationServices;

/// <summary>Wakes who has something to tell application services, after a start and now and then: whoever should have done so may be gone.</summary>
public sealed partial class AppServiceSweep(
    ApplicationServiceList services, Database database, IGrainFactory grains, AppServiceOptions options, TimeProvider time, ILogger<AppServiceSweep> log)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(AppServiceSweep),
        ServiceLifecycleStage.Active + 2,
        _ =>
        {
            _running = services.All.Count > 0 ? Task.Run(Run, CancellationToken.None) : Task.CompletedTask;
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
                foreach (var service in await database.ApplicationServices.Owing())
                {
                    await grains.GetGrain<IAppServiceGrain>(service).Wake();
                }
            }
            catch (Exception error)
            {
                SweepFailed(error);
            }

            await Task.Delay(options.SweepEvery, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Warning, "What application services are owed could not be looked for")]
    private partial void SweepFailed(Exception error);
}
