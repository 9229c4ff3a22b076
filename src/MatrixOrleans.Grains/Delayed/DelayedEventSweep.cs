using MatrixOrleans.Contracts.Delayed;

namespace MatrixOrleans.Grains.Delayed;

/// <summary>Wakes the shards of delayed events when a silo starts and now and then, so that none sleeps on after the silo that it was on has gone.</summary>
public sealed class DelayedEventSweep(IGrainFactory grains, TimeProvider time) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private ITimer? _timer;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(DelayedEventSweep),
        ServiceLifecycleStage.Active + 1,
        _ =>
        {
            _timer = time.CreateTimer(static sweep => ((DelayedEventSweep)sweep!).Wake(), this, TimeSpan.Zero, Interval);
            return Task.CompletedTask;
        },
        _ =>
        {
            Dispose();
            return Task.CompletedTask;
        });

    public void Dispose()
    {
        _timer?.Dispose();
        _timer = null;
    }

    private void Wake()
    {
        for (var shard = 0; shard < IDelayedEventsGrain.ShardCount; shard++)
        {
            // One-way: nothing comes back.
            _ = grains.GetGrain<IDelayedEventsGrain>(shard).Wake();
        }
    }
}
