using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Upkeep;

/// <summary>
/// What a silo does when it has started and now and then after that: wakes grains that still owe something, for whoever should have woken them may be
/// gone with another silo. Every silo does it, and doing it twice does no harm.
/// </summary>
public abstract partial class Sweep(TimeSpan every, TimeProvider time, ILogger log) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        GetType().Name,
        ServiceLifecycleStage.Active + 3,
        _ =>
        {
            _running = Task.Run(Repeat, CancellationToken.None);
            return Task.CompletedTask;
        },
        async _ =>
        {
            await _closing.CancelAsync();
            await _running;
        });

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _closing.Dispose();
    }

    /// <summary>Once through. A failure is logged, and the next round comes in its time.</summary>
    protected abstract Task Round(CancellationToken cancel);

    private async Task Repeat()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await Round(_closing.Token);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !_closing.IsCancellationRequested)
            {
                LogFailed(log, failure, GetType().Name);
            }
            catch (OperationCanceledException)
            {
                // The silo stops.
                return;
            }

            await Task.Delay(every, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Sweep} failed and is done again in its time")]
    private static partial void LogFailed(ILogger log, Exception failure, string sweep);
}
