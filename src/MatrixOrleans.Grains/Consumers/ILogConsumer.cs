using MatrixOrleans.Storage.Log;
using MatrixOrleans.Storage.Sql;

namespace MatrixOrleans.Grains.Consumers;

/// <summary>
/// Something that follows the log (DESIGN 4.4): pushers, application services, federation, search. Registered as a singleton, it is run by the
/// silos together: each of the 64 partitions by one of them.
/// </summary>
public interface ILogConsumer
{
    /// <summary>The name under which its place is stored. Never changed.</summary>
    string Name { get; }

    /// <summary>Where it begins when it runs for the first time.</summary>
    ConsumerStart Start { get; }

    /// <summary>
    /// How long it may lag while the log grows: what it writes is cheaper in larger batches. <c>null</c>: it follows as closely as the silo lets it.
    /// </summary>
    TimeSpan? Pace => null;

    /// <summary>The rows that it wants to see.</summary>
    IReadOnlySet<LogKind> Kinds { get; }

    /// <summary>
    /// Reads what it needs about the rows and says what is to be written. Rows of one partition come in their order and one batch at a time; an
    /// exception brings them again, after a while. What is done here directly may be done again; what the effects write happens exactly once.
    /// </summary>
    ValueTask<ConsumerEffects> Handle(ConsumerBatch batch, CancellationToken cancel);
}

public enum ConsumerStart
{
    /// <summary>With what comes after its first run.</summary>
    Head,

    /// <summary>With the first row of the log.</summary>
    Beginning,
}

/// <param name="Rows">Rows of the wanted kinds, of one or more partitions, in the order of the log.</param>
public sealed record ConsumerBatch(IReadOnlyList<LogRow> Rows);

/// <summary>What a batch leads to.</summary>
public sealed class ConsumerEffects
{
    /// <summary>Nothing happened: should the process end, the rows may be handled again.</summary>
    public static readonly ConsumerEffects None = new(null, null);

    /// <summary>Everything was done by the handler itself, and should rarely be done twice: the place is stored at once.</summary>
    public static readonly ConsumerEffects Outside = new(null, null);

    private ConsumerEffects(Func<WriteSession, CancellationToken, ValueTask>? write, Action? committed) => (Write, Committed) = (write, committed);

    internal Func<WriteSession, CancellationToken, ValueTask>? Write { get; }

    internal Action? Committed { get; }

    /// <summary>Writes in the transaction that moves the place. The delegate uses nothing but the session and may run more than once.</summary>
    /// <param name="committed">Called after the commit, unless the process ends between: for waking whoever reads the rows.</param>
    public static ConsumerEffects Of(Func<WriteSession, CancellationToken, ValueTask> write, Action? committed = null) => new(write, committed);
}
