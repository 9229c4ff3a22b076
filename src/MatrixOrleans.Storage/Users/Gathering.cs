namespace MatrixOrleans.Storage.Users;

/// <summary>
/// Puts small writes together: the first goes at once, and what comes while it is under way goes together next. Each caller waits for the write that
/// holds his item, and hears of its failure.
/// </summary>
internal sealed class Gathering<T>(Func<IReadOnlyList<T>, Task> write)
{
    /// <summary>Most items of one write.</summary>
    private const int ItemsMax = 256;

    private readonly Lock _lock = new();
    private readonly Queue<(T Item, TaskCompletionSource Done)> _waiting = new();
    private bool _isWriting;

    public Task Add(T item)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Enqueue((item, done));
            if (_isWriting)
            {
                return done.Task;
            }

            _isWriting = true;
        }

        _ = Write();
        return done.Task;
    }

    private async Task Write()
    {
        while (Take() is { Count: > 0 } taken)
        {
            try
            {
                await write([.. taken.Select(waiting => waiting.Item)]).ConfigureAwait(false);
                taken.ForEach(waiting => waiting.Done.TrySetResult());
            }
            catch (Exception failure)
            {
                // Each caller gets the failure.
                taken.ForEach(waiting => waiting.Done.TrySetException(failure));
            }
        }
    }

    private List<(T Item, TaskCompletionSource Done)> Take()
    {
        lock (_lock)
        {
            var taken = new List<(T, TaskCompletionSource)>(Math.Min(_waiting.Count, ItemsMax));
            while (taken.Count < ItemsMax && _waiting.TryDequeue(out var waiting))
            {
                taken.Add(waiting);
            }

            _isWriting = taken.Count > 0;
            return taken;
        }
    }
}
