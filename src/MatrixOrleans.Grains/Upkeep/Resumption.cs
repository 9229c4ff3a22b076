namespace MatrixOrleans.Grains.Upkeep;

/// <summary>
/// What a silo does once when it has started: wakes the grains whose work an earlier process left unfinished, a page of them at a time. Doing it twice does
/// no harm.
/// </summary>
/// <typeparam name="T">What names such a grain.</typeparam>
public abstract class Resumption<T> : ILifecycleParticipant<ISiloLifecycle>
{
    private const int AtOnce = 100;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(GetType().Name, ServiceLifecycleStage.Active + 1, Resume, _ => Task.CompletedTask);

    /// <summary>The names that follow one, in their order; <paramref name="after"/> is empty for the first page.</summary>
    protected abstract Task<IReadOnlyList<T>> Page(string after, int limit);

    protected abstract string Key(T one);

    protected abstract Task Wake(T one);

    private async Task Resume(CancellationToken cancel)
    {
        IReadOnlyList<T> page = [];
        do
        {
            page = await Page(page.Count == 0 ? "" : Key(page[^1]), AtOnce);
            foreach (var one in page)
            {
                await Wake(one);
            }
        }
        while (page.Count == AtOnce && !cancel.IsCancellationRequested);
    }
}
