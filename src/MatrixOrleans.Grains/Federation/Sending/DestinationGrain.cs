using System.Security.Cryptography;
using System.Text.Json;
using MatrixOrleans.Contracts.Federation;
using MatrixOrleans.Outbound;
using MatrixOrleans.Protocol.Identifiers;
using MatrixOrleans.Protocol.Json;
using MatrixOrleans.Protocol.Keys;
using MatrixOrleans.Storage;
using MatrixOrleans.Storage.Federation;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace MatrixOrleans.Grains.Federation.Sending;

/// <summary>
/// Sends what waits for one server, one transaction at a time, the oldest first.
/// <code>
/// woken ─> read 50 events and 100 messages ─> PUT /send/{txn} ─> 200: rows go, next ─> nothing waits: rest
///    ^                                            └─> failed: rows stay, a time for the next try is stored ─┐
///    └──────────────── timer, sweep after a restart, or a request of that server ──────────────────────────┘
/// </code>
/// All that must last is in the database. A second activation sends the same again, which the other side must bear anyway.
/// </summary>
[Reentrant, CollectionAgeLimit(Minutes = 5)]
public sealed partial class DestinationGrain(Database database, IFederationClient federation, OutgoingBudget budget, TimeProvider time, ILogger<DestinationGrain> log) : Grain, IDestinationGrain
{
    /// <summary>Messages in memory that wait for a transaction.</summary>
    private const int FleetingMax = 100;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, ReadOnlyMemory<byte>> _fleeting = [];
    private readonly CancellationTokenSource _closing = new();
    private Destination _destination;
    private DestinationFailure? _failure;
    private Task? _sending;
    private bool _again;
    private IGrainTimer? _retry;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString().Split('|', 2);
        _destination = new Destination(ServerName.Parse(key[0]), ServerName.Parse(key[1]));
        _failure = await database.Outgoing.Failure(_destination);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _closing.CancelAsync();
        if (_sending is { } sending)
        {
            await sending;
        }

        _closing.Dispose();
    }

    public Task Wake()
    {
        Send();
        return Task.CompletedTask;
    }

    public Task Lives()
    {
        if (_failure is { } failure)
        {
            _failure = failure with { RetryAtMs = 0 };
            Send();
        }

        return Task.CompletedTask;
    }

    public Task Tell(string name, ReadOnlyMemory<byte> edu)
    {
        if (_failure is null && (_fleeting.Count < FleetingMax || _fleeting.ContainsKey(name)))
        {
            _fleeting[name] = edu;
            Send();
        }

        return Task.CompletedTask;
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Send()
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        _again = true;
        _sending ??= Run();
    }

    private async Task Run()
    {
        // The field is set before this may end.
        await Task.Yield();
        try
        {
            while (_again && !_closing.IsCancellationRequested && (_failure?.RetryAtMs ?? 0) <= NowMs)
            {
                _again = false;
                using var place = await budget.Take(_closing.Token);
                while (await SendNext() && !_closing.IsCancellationRequested)
                {
                }
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Another activation goes on with what waits.
        }
        catch (Exception failure)
        {
            LogFailed(log, failure, _destination.Server);
            Retry(TimeSpan.FromSeconds(10));
        }
        finally
        {
            _sending = null;
        }
    }

    /// <returns>Whether more may wait.</returns>
    private async Task<bool> SendNext()
    {
        var events = await database.Outgoing.Events(_destination, ReceivedTransaction.PdusMax);
        var edus = await database.Outgoing.Edus(_destination, ReceivedTransaction.EdusMax);
        var fleeting = _fleeting.Take(ReceivedTransaction.EdusMax - edus.Count).ToList();
        if (events.Count + edus.Count + fleeting.Count == 0)
        {
            return false;
        }

        fleeting.ForEach(edu => _fleeting.Remove(edu.Key));
        var body = await Body(events, [.. fleeting.Select(edu => edu.Value), .. edus.Select(edu => edu.Json)]);

        // The same content has the same id, whoever sends it and however often.
        var txn = UnpaddedBase64.EncodeUrlSafe(SHA256.HashData(body.Content)[..18]);
        try
        {
            await federation.Send(
                new FederationCall(_destination.Tenant, _destination.Server, HttpMethod.Put, $"/_matrix/federation/v1/send/{txn}", body.Whole(_destination.Tenant, NowMs)) { Timeout = Timeout, EvenIfResting = true },
                _closing.Token);
        }
        catch (FederationException failure) when (failure.Failure == FederationFailure.Forbidden)
        {
            await database.Outgoing.Drop(_destination);
            _failure = null;
            return false;
        }
        catch (FederationException failure) when (failure.Status is 400 or 413 && events.Count + edus.Count > 0)
        {
            // It will not take them at any time. Events that it lacks it can ask for.
            LogRefused(log, failure.Message, events.Count, edus.Count);
        }
        catch (FederationException failure)
        {
            await Failed(failure.Message);
            return false;
        }

        if (_failure is not null)
        {
            LogBack(log, _destination.Server, _destination.Tenant);
            _failure = null;
        }

        await database.Outgoing.Taken(_destination, events, edus);
        return true;
    }

    private async Task<TransactionBody> Body(IReadOnlyList<OutgoingEvent> events, IReadOnlyList<ReadOnlyMemory<byte>> edus)
    {
        var pdus = new Dictionary<long, ReadOnlyMemory<byte>>();
        foreach (var room in events.GroupBy(e => e.RoomNid))
        {
            foreach (var stored in await database.Rooms.EventsByNids(room.Key, [.. room.Select(e => e.EventNid)]))
            {
                pdus[stored.Nid] = stored.Json;
            }
        }

        return TransactionBody.Write(events.Where(e => pdus.ContainsKey(e.EventNid)).Select(e => pdus[e.EventNid]), edus);
    }

    private async Task Failed(string reason)
    {
        var failures = (_failure?.Failures ?? 0) + 1;
        var wait = Backoff.After(failures, RandomNumberGenerator.GetInt32(1000) / 1000.0);
        _failure = new DestinationFailure(failures, _failure?.SinceMs ?? NowMs, NowMs + (long)wait.TotalMilliseconds);
        _fleeting.Clear();
        LogFailing(log, reason, failures, wait.TotalSeconds);
        await database.Outgoing.Failed(_destination, _failure, ReceivedTransaction.PdusMax);
        Retry(wait);
    }

    /// <summary>The timer may die with the activation; the sweep finds the time in the database.</summary>
    private void Retry(TimeSpan wait)
    {
        _retry?.Dispose();
        _retry = this.RegisterGrainTimer(
            () =>
            {
                Send();
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(wait + TimeSpan.FromMilliseconds(1), System.Threading.Timeout.InfiniteTimeSpan) { Interleave = true });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Reason}; failure {Failures} in a row, tried again in {Seconds} s")]
    private static partial void LogFailing(ILogger log, string reason, int failures, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}: {Events} events and {Edus} messages are dropped")]
    private static partial void LogRefused(ILogger log, string reason, int events, int edus);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Server} takes what {Tenant} sends again")]
    private static partial void LogBack(ILogger log, ServerName server, ServerName tenant);

    [LoggerMessage(Level = LogLevel.Error, Message = "The queue to {Server} failed")]
    private static partial void LogFailed(ILogger log, Exception failure, ServerName server);
}
