using System.Security.Cryptography;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Log;
using Microsoft.Extensions.Logging;

namespace MatrixOrleans.Grains.Consumers;

/// <summary>
/// Runs the consumers of a silo beside its grains. A commit of this silo wakes them at once, one of another silo at the next look at the log. Without
/// consumers it does nothing at all.
/// </summary>
public sealed partial class ConsumerHost(Database database, IEnumerable<ILogConsumer> consumers, ConsumerOptions options, TimeProvider time, ILogger<ConsumerHost> log)
    : ILifecycleParticipant<ISiloLifecycle>, ICommitObserver, IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly Holder _holder = new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)));
    private readonly List<ConsumerRun> _runs = [];
    private List<Task> _running = [];
    private LogFeed? _feed;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(ConsumerHost), ServiceLifecycleStage.Active + 2, Start, Stop);

    public async Task Start(CancellationToken cancel)
    {
        var all = consumers.ToList();
        if (all.Count == 0)
        {
            return;
        }

        _feed = new LogFeed(database.Log);
        _feed.Grown(await database.Log.MaxPosition(durable: true));
        if (!options.Alone)
        {
            await Beat();
        }

        database.Writer.Subscribe(this);
        _runs.AddRange(all.Select(consumer => new ConsumerRun(consumer, database.Consumers, database.Writer, _feed, _holder, options, time, log)));
        _running = [Task.Run(Watch, CancellationToken.None), .. _runs.Select(run => Task.Run(() => run.Run(_closing.Token), CancellationToken.None))];
    }

    /// <summary>Ends in order: places are stored and partitions are free for others.</summary>
    public async Task Stop(CancellationToken cancel)
    {
        if (_running.Count == 0)
        {
            return;
        }

        await Crash();
        try
        {
            foreach (var run in _runs)
            {
                await run.End();
            }

            await database.Consumers.End(_holder.Id);
        }
        catch (Exception error)
        {
            // Others take the partitions when this silo is not heard of any more.
            EndFailed(error);
        }
    }

    public void Committed(CommittedBatch batch)
    {
        if (batch.To >= batch.From)
        {
            _feed?.Grown(batch.To);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Crash();
        _feed?.Dispose();
        _closing.Dispose();
    }

    /// <summary>Ends as a crash would: nothing more is stored, and nobody is told.</summary>
    internal async Task Crash()
    {
        if (_running.Count > 0)
        {
            await _closing.CancelAsync();
            await Task.WhenAll(_running);
            _running = [];
        }
    }

    /// <summary>Says that this silo lives, and looks whether the log grew elsewhere.</summary>
    private async Task Watch()
    {
        var beatAt = time.GetUtcNow() + options.BeatEvery;
        while (!_closing.IsCancellationRequested)
        {
            await Task.Delay(options.LookEvery, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_closing.IsCancellationRequested)
            {
                return;
            }

            try
            {
                if (await database.Log.MaxPosition() > _feed!.Known)
                {
                    // What others wrote may be lost with their database until it is flushed: nothing leaves the server because of it before that.
                    _feed.Grown(await database.Log.MaxPosition(durable: true));
                }

                if (!options.Alone && time.GetUtcNow() >= beatAt)
                {
                    beatAt = time.GetUtcNow() + options.BeatEvery;
                    await Beat();
                    _feed.Pulse.Beat();
                }
            }
            catch (Exception error)
            {
                WatchFailed(error);
            }
        }
    }

    private async Task Beat()
    {
        var now = time.GetUtcNow();
        _holder.Heard(await database.Consumers.Beat(_holder.Id, now.ToUnixTimeMilliseconds(), (now + options.HolderLasts).ToUnixTimeMilliseconds()));
    }

    [LoggerMessage(LogLevel.Warning, "Consumers of the log cannot reach the database")]
    private partial void WatchFailed(Exception error);

    [LoggerMessage(LogLevel.Warning, "Consumers of the log ended without storing their places")]
    private partial void EndFailed(Exception error);
}
