namespace MatrixOrleans.Grains.Log;

/// <summary>
/// One user's ear at the tail of the log: hears that something happened for the user or in one of the user's rooms. A signal says only
/// "look again"; what there is to see is read from the tail.
/// </summary>
public sealed class SyncSubscriber(string userId)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _signal = New();

    public string UserId { get; } = userId;

    /// <summary>Number of signals so far; taken before a look, it tells whether something came since.</summary>
    public long Count { get; private set; }

    /// <summary>Whether somebody waits at the moment.</summary>
    internal bool HasWaiters { get; private set; }

    internal void Signal()
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            Count++;
            if (!HasWaiters)
            {
                return;
            }

            HasWaiters = false;
            signal = _signal;
            _signal = New();
        }

        signal.TrySetResult();
    }

    /// <summary>Completes at the first signal after the one counted as <paramref name="seen"/>; at once when that has come already.</summary>
    public Task After(long seen)
    {
        lock (_lock)
        {
            if (Count > seen)
            {
                return Task.CompletedTask;
            }

            HasWaiters = true;
            return _signal.Task;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
