using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Storage.Log;

/// <summary>Something that waits for the writer.</summary>
internal abstract class Work
{
    public int Bytes { get; protected init; }

    /// <summary>Tells the caller, after the commit.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception error);
}

internal sealed class AppendWork : Work
{
    private readonly TaskCompletionSource<AppendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AppendWork(AppendUnit unit)
    {
        Unit = unit;
        PositionCount = UnitRows.PositionCount(unit);
        Bytes = unit.ReservedBytes > 0 ? unit.ReservedBytes : UnitRows.Size(unit);
    }

    public AppendUnit Unit { get; }

    public int PositionCount { get; }

    public Task<AppendResult> Task => _done.Task;

    /// <summary>The verdict, set before <see cref="Complete"/>.</summary>
    public AppendResult? Result { get; set; }

    public override void Complete() => _done.TrySetResult(Result!);

    public override void Fail(Exception error) => _done.TrySetException(error);
}

internal abstract class ExecuteWork : Work
{
    public abstract ValueTask Run(WriteSession session);
}

/// <summary>Other writes. They may run again when the transaction around them had to be repeated.</summary>
internal sealed class ExecuteWork<T>(Func<WriteSession, CancellationToken, ValueTask<T>> work) : ExecuteWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Task => _done.Task;

    public override async ValueTask Run(WriteSession session) => _result = await work(session, CancellationToken.None).ConfigureAwait(false);

    public override void Complete() => _done.TrySetResult(_result);

    public override void Fail(Exception error) => _done.TrySetException(error);
}

/// <summary>Makes batches durable.</summary>
internal interface IAppender : IAsyncDisposable
{
    /// <summary>Whether <see cref="Commit"/> blocks, so that the writer needs a thread of its own.</summary>
    bool IsSynchronous { get; }

    /// <summary>
    /// Commits the batch and gives every append its verdict. Work that failed by itself is told so here; whatever comes back is to be completed.
    /// </summary>
    ValueTask<CommitOutcome> Commit(IReadOnlyList<Work> batch);

    /// <summary>Stops waiting for a database that is away.</summary>
    void GiveUp();

    /// <summary>Other writes outside the batch; null where they belong into it.</summary>
    Task? ExecuteApart(ExecuteWork work);
}

/// <param name="Batches">What was committed, in order: one, or several when the batch had to be taken apart.</param>
/// <param name="Settled">Work to complete, in order.</param>
internal sealed record CommitOutcome(List<CommittedBatch> Batches, List<Work> Settled);

/// <summary>Activations that had a unit refused. The oldest are dropped: an activation ends within moments of its refusal.</summary>
internal sealed class Poison
{
    private const int CountMax = 65_536;
    private readonly HashSet<long> _ids = [];
    private readonly Queue<long> _order = [];

    public bool Contains(long activationId) => activationId != 0 && _ids.Contains(activationId);

    public void Add(long activationId)
    {
        if (activationId != 0 && _ids.Add(activationId))
        {
            _order.Enqueue(activationId);
            if (_order.Count > CountMax)
            {
                _ids.Remove(_order.Dequeue());
            }
        }
    }
}
