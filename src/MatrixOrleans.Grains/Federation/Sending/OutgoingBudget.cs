namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>How many transactions of this process are on their way at once: after an outage of ours, everything does not go out in one moment.</summary>
public sealed class OutgoingBudget(FederationOptions options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.TransactionsMax);

    public async ValueTask<IDisposable> Take(CancellationToken cancel)
    {
        await _free.WaitAsync(cancel);
        return new Place(_free);
    }

    public void Dispose() => _free.Dispose();

    private sealed class Place(SemaphoreSlim free) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
            {
                free.Release();
            }
        }
    }
}
